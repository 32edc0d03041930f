-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "store_failures" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "check_failures" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "transactions" ADD COLUMN     "check_failures" INTEGER NOT NULL DEFAULT 0;
