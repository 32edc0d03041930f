-- CreateTable
CREATE TABLE "sign_ins" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "key_id" UUID,
    "link_fingerprint" TEXT,
    "token_fingerprint" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "sign_ins_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_rejections" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_rejections_pkey" PRIMARY KEY ("provider_account_id","reason")
);

-- CreateIndex
CREATE UNIQUE INDEX "sign_ins_link_fingerprint_key" ON "sign_ins"("link_fingerprint");

-- CreateIndex
CREATE UNIQUE INDEX "sign_ins_token_fingerprint_key" ON "sign_ins"("token_fingerprint");

-- CreateIndex
CREATE INDEX "sign_ins_merchant_id_expires_at_idx" ON "sign_ins"("merchant_id", "expires_at");

-- CreateIndex
CREATE INDEX "webhook_deliveries_provider_account_id_received_at_idx" ON "webhook_deliveries"("provider_account_id", "received_at");

-- Compared byte by byte, so that the index also finds what begins with a text, whatever the language of the server.
DROP INDEX "sessions_merchant_id_environment_code_idx";
CREATE INDEX "sessions_merchant_id_environment_code_idx" ON "sessions"("merchant_id", "environment", "code" text_pattern_ops);

-- How an account fares is asked often, and nearly every operation is done.
CREATE INDEX "operations_unanswered" ON "operations" ("provider_account_id", "state") WHERE "state" <> 'DONE';
