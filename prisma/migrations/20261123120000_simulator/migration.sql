-- CreateTable
CREATE TABLE "simulator_accounts" (
    "id" UUID NOT NULL,
    "dialect" TEXT NOT NULL,
    "credentials" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "simulator_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "simulator_records" (
    "account_id" UUID NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "bank_code" TEXT,
    "reference" TEXT,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "simulator_records_pkey" PRIMARY KEY ("account_id","id")
);

-- CreateTable
CREATE TABLE "simulator_answers" (
    "account_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "simulator_answers_pkey" PRIMARY KEY ("account_id","key")
);

-- CreateTable
CREATE TABLE "simulator_deliveries" (
    "account_id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "delivery" INTEGER NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "type" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "payment_code" TEXT NOT NULL,
    "happens_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "body" TEXT,
    "url" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "simulator_deliveries_pkey" PRIMARY KEY ("account_id","event_id","delivery")
);

-- CreateTable
CREATE TABLE "simulator_settings" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "simulator_settings_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "simulator_records_bank_code_idx" ON "simulator_records"("bank_code");

-- CreateIndex
CREATE INDEX "simulator_records_account_id_reference_idx" ON "simulator_records"("account_id", "reference");

-- CreateIndex
CREATE INDEX "simulator_records_account_id_kind_position_idx" ON "simulator_records"("account_id", "kind", "position");

-- CreateIndex
CREATE INDEX "simulator_deliveries_due_at_idx" ON "simulator_deliveries"("due_at");

-- CreateIndex
CREATE INDEX "simulator_deliveries_account_id_position_idx" ON "simulator_deliveries"("account_id", "position");
