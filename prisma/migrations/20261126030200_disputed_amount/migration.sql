-- AlterTable
ALTER TABLE "transactions" ADD COLUMN     "disputed_amount" BIGINT NOT NULL DEFAULT 0;

-- Disputes that an earlier version recorded. One of an authorization counts on the settle that took the money.
UPDATE "transactions" AS "disputed" SET "disputed_amount" = "sums"."amount"
FROM (
  SELECT COALESCE("settle"."id", "parent"."id") AS "id",
    SUM(CASE WHEN "chargeback"."currency" = "parent"."currency" THEN "chargeback"."amount" ELSE "parent"."amount" END)::bigint AS "amount"
  FROM "transactions" AS "chargeback"
    JOIN "transactions" AS "parent" ON "parent"."id" = "chargeback"."related_transaction_id"
    LEFT JOIN "transactions" AS "settle" ON "parent"."action" = 'AUTHORIZATION' AND "settle"."related_transaction_id" = "parent"."id"
      AND "settle"."action" = 'SETTLE' AND "settle"."status" IN ('PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED')
  WHERE "chargeback"."action" = 'CHARGEBACK' AND "chargeback"."status" IN ('PENDING', 'STARTED', 'UNKNOWN', 'SUCCEEDED')
  GROUP BY COALESCE("settle"."id", "parent"."id")
) AS "sums" WHERE "disputed"."id" = "sums"."id";

ALTER TABLE "transactions" ADD CONSTRAINT "transactions_disputed_amount_range" CHECK ("disputed_amount" >= 0);

-- What a payer disputes is not refunded besides. A claim of a refund is refused; a refund that has happened is a fact and counts.
CREATE FUNCTION "refuse_refund_of_disputed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'transaction % has no such amount left that is not disputed', NEW."id"
    USING ERRCODE = 'check_violation', CONSTRAINT = 'transactions_refunds_beside_disputes';
END
$$;
CREATE TRIGGER "transactions_refunds_beside_disputes" BEFORE UPDATE OF "refund_reserved" ON "transactions" FOR EACH ROW
  WHEN (NEW."disputed_amount" > 0 AND NEW."refund_reserved" > OLD."refund_reserved" AND NEW."refunded_amount" = OLD."refunded_amount"
    AND NEW."refund_reserved" + NEW."disputed_amount" > NEW."amount")
  EXECUTE FUNCTION "refuse_refund_of_disputed"();
