-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "client_token" BYTEA,
ADD COLUMN     "client_token_fingerprint" TEXT;

-- CreateIndex
CREATE INDEX "sessions_client_token_fingerprint_idx" ON "sessions"("client_token_fingerprint");
