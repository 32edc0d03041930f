-- A job that failed for days is kept without a due time until an operator lets it run again. Older gateways leave it alone too.
ALTER TABLE "jobs" ALTER COLUMN "run_at" DROP NOT NULL;
