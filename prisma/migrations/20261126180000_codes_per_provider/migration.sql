-- At the AccruPay endpoint a code is unique per provider. '' stands for all providers; older rows keep that.
ALTER TABLE "merchant_codes" ADD COLUMN "provider" TEXT NOT NULL DEFAULT '';
ALTER TABLE "merchant_codes" DROP CONSTRAINT "merchant_codes_pkey",
ADD CONSTRAINT "merchant_codes_pkey" PRIMARY KEY ("merchant_id", "environment", "code", "provider");
