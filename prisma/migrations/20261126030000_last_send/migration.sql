-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "last_sent_at" TIMESTAMPTZ(3);

-- Open operations of an earlier version: nothing was sent after they were last touched.
UPDATE "operations" SET "last_sent_at" = "updated_at" WHERE "state" <> 'DONE';
