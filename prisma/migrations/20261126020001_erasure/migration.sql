-- AlterTable
ALTER TABLE "sessions" ADD COLUMN "erased_at" TIMESTAMPTZ(3), ADD COLUMN "dialect" TEXT;

-- AlterTable
ALTER TABLE "transactions" ADD COLUMN "erased_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "operations" ADD COLUMN "erased_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "payment_methods" ALTER COLUMN "brand" DROP NOT NULL,
ALTER COLUMN "last4" DROP NOT NULL,
ALTER COLUMN "exp_month" DROP NOT NULL,
ALTER COLUMN "exp_year" DROP NOT NULL;

-- What 0.1.0 left of customers that it had erased. Requests without an answer are sealed: eraseCustomer once more blanks those.
UPDATE "sessions" SET "billing" = NULL, "shipping" = NULL, "user" = NULL, "device" = NULL, "description" = NULL, "metadata" = NULL,
  "return_url" = NULL, "payload" = NULL, "client_token" = NULL, "client_token_fingerprint" = NULL, "challenge_url" = NULL,
  "erased_at" = "customers"."erased_at"
FROM "customers" WHERE "customers"."id" = "sessions"."customer_id" AND "customers"."erased_at" IS NOT NULL;
UPDATE "transactions" SET "card" = NULL, "reason" = NULL, "erased_at" = "customers"."erased_at"
FROM "customers" WHERE "customers"."id" = "transactions"."customer_id" AND "customers"."erased_at" IS NOT NULL;
UPDATE "payment_methods" SET "billing" = NULL, "brand" = NULL, "last4" = NULL, "exp_month" = NULL, "exp_year" = NULL,
  "provider_customer_code" = NULL
FROM "customers" WHERE "customers"."id" = "payment_methods"."customer_id" AND "customers"."erased_at" IS NOT NULL;
DELETE FROM "provider_customers" USING "customers"
WHERE "customers"."id" = "provider_customers"."customer_id" AND "customers"."erased_at" IS NOT NULL;
