-- CreateTable
CREATE TABLE "encryption_keys" (
    "id" INTEGER NOT NULL,
    "key_id" TEXT NOT NULL,
    "check_value" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resealed_at" TIMESTAMPTZ(3),

    CONSTRAINT "encryption_keys_pkey" PRIMARY KEY ("id")
);

-- The address of a challenge is sealed from now on. One that is stored in plain text is asked for again.
ALTER TABLE "sessions" DROP COLUMN "challenge_url";
ALTER TABLE "sessions" ADD COLUMN "challenge_url" BYTEA;
UPDATE "sessions" SET "next_check_at" = CURRENT_TIMESTAMP
WHERE "status" IN ('PENDING', 'ACTIVE', 'UNKNOWN') AND "phase" = 'authenticating';
