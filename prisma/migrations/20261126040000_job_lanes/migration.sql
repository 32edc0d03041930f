-- The provider account that a job waits for, so that jobs of one slow account leave room for the others. Rows without one are
-- from an older gateway and count as an account of their own.
ALTER TABLE "jobs" ADD COLUMN "lane" UUID;
