# The secrets of the application, made here and kept in a Kubernetes secret, for the manifests of ../kubernetes. They are in
# the state too: it belongs into a backend that encrypts and that few may read.

locals {
  # The newest first, and one before it, so that clients can change over.
  key_generations = [for back in [0, 1] : tostring(var.key_generation - back) if var.key_generation - back >= 1]
}

resource "random_password" "publishable" {
  for_each = toset(local.key_generations)
  length   = 32
  special  = false
}

resource "random_password" "secret" {
  for_each = toset(local.key_generations)
  length   = 40
  special  = false
}

resource "random_bytes" "master" {
  for_each = toset(var.master_key_generations)
  length   = 32

  lifecycle {
    # Without it nobody reads second factors and keys of tokens any more.
    prevent_destroy = true
  }
}

resource "kubernetes_secret_v1" "notes" {
  metadata {
    name      = "notes"
    namespace = var.namespace
    labels    = { "app.kubernetes.io/name" = "notes" }
  }

  data = {
    PLINTH_DATABASE_URL     = var.database_url
    PLINTH_PUBLISHABLE_KEYS = join(",", [for g in local.key_generations : "sb_publishable_${random_password.publishable[g].result}"])
    PLINTH_SECRET_KEYS      = join(",", [for g in local.key_generations : "sb_secret_${random_password.secret[g].result}"])
    PLINTH_MASTER_KEYS      = join(",", [for g in var.master_key_generations : random_bytes.master[g].hex])
    PLINTH_SMTP_URL         = var.smtp_url
    PLINTH_MAIL_FROM        = var.mail_from
  }
}
