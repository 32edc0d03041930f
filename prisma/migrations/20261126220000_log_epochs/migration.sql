-- Which database the event log was written in. Gateways of the version before neither read nor write it.
CREATE TABLE "log_epochs" (
    "ordinal" INTEGER NOT NULL,
    "database" TEXT NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_epochs_pkey" PRIMARY KEY ("ordinal")
);
