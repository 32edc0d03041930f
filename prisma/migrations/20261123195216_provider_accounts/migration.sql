-- AlterTable
ALTER TABLE "payment_methods" ADD COLUMN     "origin_code" TEXT;

-- AlterTable
ALTER TABLE "webhook_deliveries" ADD COLUMN     "dispute_codes" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "provider_customers" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "provider_code" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_customers_pkey" PRIMARY KEY ("provider_account_id","customer_id")
);

-- AlterTable
ALTER TABLE "transactions" ADD COLUMN     "is_processing" BOOLEAN NOT NULL DEFAULT false;

-- One dispute is one chargeback, whoever hears of it first.
CREATE UNIQUE INDEX "transactions_one_chargeback" ON "transactions" ("provider_account_id", "provider_code") WHERE "action" = 'CHARGEBACK';
