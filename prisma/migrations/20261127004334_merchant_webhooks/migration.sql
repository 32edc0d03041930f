-- DropIndex
DROP INDEX "events_session_id_xid_seq_idx";

-- AlterTable
ALTER TABLE "events" ADD COLUMN     "sequence" INTEGER;

-- CreateTable
CREATE TABLE "event_counts" (
    "session_id" UUID NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "event_counts_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "event_types" TEXT[],
    "ordering" TEXT NOT NULL,
    "scheme" TEXT NOT NULL,
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "deleted_at" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),
    "failure_alerts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint_deliveries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "session_id" UUID,
    "sequence" INTEGER,
    "event_type" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "last_status" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "endpoint_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_attempts" (
    "id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "merchant_id" UUID NOT NULL,
    "environment" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status" INTEGER,
    "failure" TEXT,
    "response" BYTEA,

    CONSTRAINT "delivery_attempts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "webhook_endpoints_merchant_id_environment_created_at_id_idx" ON "webhook_endpoints"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE INDEX "endpoint_deliveries_merchant_id_environment_created_at_id_idx" ON "endpoint_deliveries"("merchant_id", "environment", "created_at", "id");

-- CreateIndex
CREATE INDEX "endpoint_deliveries_endpoint_id_created_at_id_idx" ON "endpoint_deliveries"("endpoint_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "endpoint_deliveries_event_id_endpoint_id_key" ON "endpoint_deliveries"("event_id", "endpoint_id");

-- CreateIndex
CREATE INDEX "delivery_attempts_delivery_id_at_idx" ON "delivery_attempts"("delivery_id", "at");

-- CreateIndex
CREATE INDEX "delivery_attempts_at_idx" ON "delivery_attempts"("at");

-- CreateIndex
CREATE UNIQUE INDEX "events_session_id_sequence_key" ON "events"("session_id", "sequence");

-- Hand-written from here on

-- No event is appended between the numbering and the triggers.
LOCK TABLE "events" IN SHARE ROW EXCLUSIVE MODE;
UPDATE "events" SET "sequence" = "numbered"."place"
FROM (
  SELECT "id", row_number() OVER (PARTITION BY "session_id" ORDER BY "xid", "seq") AS "place" FROM "events" WHERE "session_id" IS NOT NULL
) AS "numbered" WHERE "events"."id" = "numbered"."id";
INSERT INTO "event_counts" ("session_id", "count")
SELECT "session_id", count(*) FROM "events" WHERE "session_id" IS NOT NULL GROUP BY "session_id";

-- Each event of a session gets the next number. The row of the count stays locked until the commit, so no number is left out and
-- none is seen before the one below it.
CREATE FUNCTION "number_event"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "event_counts" AS "counts" ("session_id", "count") VALUES (NEW."session_id", 1)
    ON CONFLICT ("session_id") DO UPDATE SET "count" = "counts"."count" + 1
    RETURNING "count" INTO NEW."sequence";
  RETURN NEW;
END
$$;
CREATE TRIGGER "events_sequence" BEFORE INSERT ON "events" FOR EACH ROW WHEN (NEW."session_id" IS NOT NULL)
  EXECUTE FUNCTION "number_event"();

-- Each event is to be sent to every endpoint that wants its type. One statement appends it and says so.
CREATE FUNCTION "deliver_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "endpoint_deliveries" ("endpoint_id", "event_id", "merchant_id", "environment", "session_id", "sequence", "event_type",
    "status", "attempts", "next_attempt_at", "created_at")
  SELECT "endpoint"."id", "event"."id", "event"."merchant_id", "event"."environment", "event"."session_id", "event"."sequence",
    "event"."type", 'PENDING', 0, "event"."created_at", "event"."created_at"
  FROM "appended" AS "event"
    JOIN "webhook_endpoints" AS "endpoint" ON "endpoint"."merchant_id" = "event"."merchant_id"
      AND "endpoint"."environment" = "event"."environment" AND "endpoint"."disabled_at" IS NULL
      AND ("endpoint"."event_types" = '{}' OR "event"."type" = ANY ("endpoint"."event_types"));
  RETURN NULL;
END
$$;
CREATE TRIGGER "events_deliveries" AFTER INSERT ON "events" REFERENCING NEW TABLE AS "appended" FOR EACH STATEMENT
  EXECUTE FUNCTION "deliver_events"();

-- What is due at an endpoint, and what a later event of the same session waits for.
CREATE INDEX "endpoint_deliveries_due" ON "endpoint_deliveries" ("endpoint_id", "next_attempt_at", "event_id") WHERE "status" = 'PENDING';
CREATE INDEX "endpoint_deliveries_waiting" ON "endpoint_deliveries" ("endpoint_id", "session_id", "sequence") WHERE "status" = 'PENDING';

-- Lists of what is not delivered are short beside all that is.
CREATE INDEX "endpoint_deliveries_undelivered" ON "endpoint_deliveries" ("merchant_id", "environment", "created_at", "id")
  WHERE "status" <> 'DELIVERED';
