-- CreateTable
CREATE TABLE "overview_marks" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "rolled_up_before" TIMESTAMPTZ(3) NOT NULL,
    "changes_before" TIMESTAMPTZ(3) NOT NULL,
    "next_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "overview_marks_pkey" PRIMARY KEY ("merchant_id","environment")
);

-- CreateTable
CREATE TABLE "overview_sessions" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "currency" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "amount" DECIMAL(40,0) NOT NULL,

    CONSTRAINT "overview_sessions_pkey" PRIMARY KEY ("merchant_id","environment","hour","currency","status")
);

-- CreateTable
CREATE TABLE "overview_providers" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "provider" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "overview_providers_pkey" PRIMARY KEY ("merchant_id","environment","hour","provider","status")
);

-- CreateTable
CREATE TABLE "overview_durations" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "from_seconds" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "overview_durations_pkey" PRIMARY KEY ("merchant_id","environment","hour","from_seconds")
);

-- CreateIndex
CREATE INDEX "overview_marks_next_at_idx" ON "overview_marks"("next_at");

-- Declines are few beside all transactions, and their reasons are counted from the index alone.
CREATE INDEX "transactions_declined" ON "transactions" ("merchant_id", "environment", "created_at") INCLUDE ("decline_reason")
  WHERE "status" = 'DECLINED';
