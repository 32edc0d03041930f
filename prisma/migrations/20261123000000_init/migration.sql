-- CreateTable
CREATE TABLE "merchants" (
    "id" UUID NOT NULL,
    "public_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "return_origins" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "merchants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "provider_accounts" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "is_default" BOOLEAN NOT NULL,
    "base_url" TEXT,
    "credentials" BYTEA NOT NULL,
    "webhook_fingerprint" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customers" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "code" TEXT,
    "contact" JSONB,
    "erased_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_methods" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "customer_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "brand" TEXT NOT NULL,
    "last4" TEXT NOT NULL,
    "exp_month" INTEGER NOT NULL,
    "exp_year" INTEGER NOT NULL,
    "billing" JSONB,
    "provider_code" TEXT NOT NULL,
    "provider_customer_code" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "detached_at" TIMESTAMPTZ(3),

    CONSTRAINT "payment_methods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "merchant_codes" (
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "owner_kind" TEXT NOT NULL,
    "owner_id" UUID NOT NULL,
    "input_fingerprint" TEXT NOT NULL,

    CONSTRAINT "merchant_codes_pkey" PRIMARY KEY ("merchant_id","environment","code")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "store_payment_method" BOOLEAN NOT NULL,
    "code" TEXT NOT NULL,
    "customer_id" UUID,
    "payment_method_id" UUID,
    "token_fingerprint" TEXT NOT NULL,
    "token" BYTEA NOT NULL,
    "token_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts_max" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "provider_code" TEXT,
    "provider_state" BYTEA,
    "payload" BYTEA,
    "provider_error" TEXT,
    "challenge_url" TEXT,
    "closing_as" TEXT,
    "billing" JSONB,
    "shipping" JSONB,
    "user" JSONB,
    "device" JSONB,
    "description" TEXT,
    "metadata" JSONB,
    "return_url" TEXT,
    "observed_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "next_check_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "transactions" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "session_id" UUID,
    "customer_id" UUID,
    "payment_method_id" UUID,
    "related_transaction_id" UUID,
    "action" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "code" TEXT,
    "attempt" INTEGER,
    "provider_code" TEXT,
    "decline_reason" TEXT,
    "decline_advice" TEXT,
    "decline_raw_code" TEXT,
    "failure_code" TEXT,
    "reason" TEXT,
    "card" JSONB,
    "idempotency_key" TEXT,
    "input_fingerprint" TEXT,
    "hold" TEXT,
    "capturable_until" TIMESTAMPTZ(3),
    "settled_amount" BIGINT NOT NULL,
    "refunded_amount" BIGINT NOT NULL,
    "refund_reserved" BIGINT NOT NULL,
    "observed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "next_check_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "transactions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operations" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "request" BYTEA,
    "request_fingerprint" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "last_failure" TEXT,
    "first_sent_at" TIMESTAMPTZ(3),
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" UUID NOT NULL,
    "xid" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
    "seq" BIGSERIAL NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "is_alert" BOOLEAN NOT NULL,
    "session_id" UUID,
    "transaction_id" UUID,
    "customer_id" UUID,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "provider_account_id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "provider_codes" TEXT[],
    "deliveries" INTEGER NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "processed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "jobs" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "run_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL,
    "last_error" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_payments" (
    "id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "store_method" BOOLEAN NOT NULL,
    "customer_reference" TEXT,
    "operation_id" TEXT NOT NULL,
    "client_token_hash" TEXT,
    "attempts_max" INTEGER NOT NULL,
    "scenario" TEXT,
    "return_url" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "canceled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_payments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_movements" (
    "id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "payment_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "amount" BIGINT NOT NULL,
    "status" TEXT NOT NULL,
    "settled_status" TEXT,
    "settles_at" TIMESTAMPTZ(3),
    "decline_code" TEXT,
    "failure_code" TEXT,
    "scenario" TEXT,
    "brand" TEXT,
    "last4" TEXT,
    "exp_month" INTEGER,
    "exp_year" INTEGER,
    "method_id" TEXT,
    "challenge_id" TEXT,
    "hold_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_movements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_methods" (
    "id" TEXT NOT NULL,
    "account_id" UUID NOT NULL,
    "customer_reference" TEXT NOT NULL,
    "scenario" TEXT NOT NULL,
    "brand" TEXT NOT NULL,
    "last4" TEXT NOT NULL,
    "exp_month" INTEGER NOT NULL,
    "exp_year" INTEGER NOT NULL,
    "detached_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_methods_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bank_keys" (
    "account_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation_id" TEXT NOT NULL,
    "request_hash" TEXT,
    "attempts" INTEGER NOT NULL,
    "answer" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bank_keys_pkey" PRIMARY KEY ("account_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "merchants_public_id_key" ON "merchants"("public_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_fingerprint_key" ON "api_keys"("fingerprint");

-- CreateIndex
CREATE INDEX "api_keys_merchant_id_created_at_idx" ON "api_keys"("merchant_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "provider_accounts_webhook_fingerprint_key" ON "provider_accounts"("webhook_fingerprint");

-- CreateIndex
CREATE INDEX "provider_accounts_merchant_id_environment_provider_idx" ON "provider_accounts"("merchant_id", "environment", "provider");

-- CreateIndex
CREATE INDEX "customers_merchant_id_environment_created_at_id_idx" ON "customers"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "customers_merchant_id_environment_code_key" ON "customers"("merchant_id", "environment", "code");

-- CreateIndex
CREATE INDEX "payment_methods_merchant_id_environment_created_at_id_idx" ON "payment_methods"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE INDEX "payment_methods_merchant_id_environment_customer_id_created_idx" ON "payment_methods"("merchant_id", "environment", "customer_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_methods_provider_account_id_provider_code_key" ON "payment_methods"("provider_account_id", "provider_code");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_token_fingerprint_key" ON "sessions"("token_fingerprint");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_created_at_id_idx" ON "sessions"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_status_created_at_id_idx" ON "sessions"("merchant_id", "environment", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_amount_id_idx" ON "sessions"("merchant_id", "environment", "amount", "id");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_updated_at_id_idx" ON "sessions"("merchant_id", "environment", "updated_at", "id");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_code_idx" ON "sessions"("merchant_id", "environment", "code");

-- CreateIndex
CREATE INDEX "sessions_merchant_id_environment_customer_id_created_at_id_idx" ON "sessions"("merchant_id", "environment", "customer_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_provider_account_id_provider_code_key" ON "sessions"("provider_account_id", "provider_code");

-- CreateIndex
CREATE INDEX "transactions_merchant_id_environment_created_at_id_idx" ON "transactions"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE INDEX "transactions_merchant_id_environment_code_idx" ON "transactions"("merchant_id", "environment", "code");

-- CreateIndex
CREATE INDEX "transactions_merchant_id_environment_customer_id_created_at_idx" ON "transactions"("merchant_id", "environment", "customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "transactions_session_id_created_at_id_idx" ON "transactions"("session_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "transactions_related_transaction_id_idx" ON "transactions"("related_transaction_id");

-- CreateIndex
CREATE INDEX "transactions_provider_account_id_provider_code_idx" ON "transactions"("provider_account_id", "provider_code");

-- CreateIndex
CREATE UNIQUE INDEX "transactions_merchant_id_environment_idempotency_key_key" ON "transactions"("merchant_id", "environment", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "transactions_session_id_attempt_key" ON "transactions"("session_id", "attempt");

-- CreateIndex
CREATE INDEX "operations_subject_id_created_at_idx" ON "operations"("subject_id", "created_at");

-- CreateIndex
CREATE INDEX "events_merchant_id_environment_xid_seq_idx" ON "events"("merchant_id", "environment", "xid", "seq");

-- CreateIndex
CREATE INDEX "events_session_id_xid_seq_idx" ON "events"("session_id", "xid", "seq");

-- CreateIndex
CREATE INDEX "webhook_deliveries_merchant_id_environment_received_at_id_idx" ON "webhook_deliveries"("merchant_id", "environment", "received_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_provider_account_id_event_id_key" ON "webhook_deliveries"("provider_account_id", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "jobs_key_key" ON "jobs"("key");

-- CreateIndex
CREATE INDEX "jobs_run_at_idx" ON "jobs"("run_at");

-- CreateIndex
CREATE UNIQUE INDEX "bank_payments_client_token_hash_key" ON "bank_payments"("client_token_hash");

-- CreateIndex
CREATE INDEX "bank_payments_account_id_reference_idx" ON "bank_payments"("account_id", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "bank_movements_challenge_id_key" ON "bank_movements"("challenge_id");

-- CreateIndex
CREATE UNIQUE INDEX "bank_movements_payment_id_position_key" ON "bank_movements"("payment_id", "position");

-- CreateIndex
CREATE INDEX "bank_methods_account_id_customer_reference_idx" ON "bank_methods"("account_id", "customer_reference");

-- CreateIndex
CREATE INDEX "bank_keys_account_id_operation_id_idx" ON "bank_keys"("account_id", "operation_id");

-- Hand-written from here on: what the Prisma schema cannot say. `npm run migration -- --rewrite` keeps it.

-- At most one settle or void of an authorization is alive; one that failed frees the place for another try.
CREATE UNIQUE INDEX "transactions_one_live_settle_or_void" ON "transactions" ("related_transaction_id")
  WHERE "action" IN ('SETTLE', 'VOID') AND "status" IN ('PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED');

-- A provider named without an account means the merchant's default one, so there is one at most.
CREATE UNIQUE INDEX "provider_accounts_one_default" ON "provider_accounts" ("merchant_id", "environment", "provider")
  WHERE "is_default";

-- The reconciler looks for what is due and never at what is done.
CREATE INDEX "operations_due" ON "operations" ("next_attempt_at") WHERE "state" IN ('PENDING', 'UNKNOWN');

-- So do the looks at sessions and transactions that something may still happen to.
CREATE INDEX "sessions_due" ON "sessions" ("next_check_at") WHERE "next_check_at" IS NOT NULL;
CREATE INDEX "transactions_due" ON "transactions" ("next_check_at") WHERE "next_check_at" IS NOT NULL;

-- Sums hold under concurrency because the database refuses any other.
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_amount_range" CHECK ("amount" >= 0);
ALTER TABLE "transactions"
  ADD CONSTRAINT "transactions_amount_range" CHECK ("amount" >= 0),
  ADD CONSTRAINT "transactions_settled_within_amount" CHECK ("settled_amount" BETWEEN 0 AND "amount"),
  ADD CONSTRAINT "transactions_refunded_within_reserved" CHECK ("refunded_amount" BETWEEN 0 AND "refund_reserved"),
  ADD CONSTRAINT "transactions_refunds_within_amount" CHECK ("refund_reserved" <= "amount");
ALTER TABLE "bank_payments" ADD CONSTRAINT "bank_payments_amount_range" CHECK ("amount" >= 0);
ALTER TABLE "bank_movements" ADD CONSTRAINT "bank_movements_amount_range" CHECK ("amount" >= 0);
