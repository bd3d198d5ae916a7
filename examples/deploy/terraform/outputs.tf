output "publishable_key" {
  description = "For client applications; it opens nothing by itself."
  value       = "sb_publishable_${random_password.publishable[local.key_generations[0]].result}"
  sensitive   = true
}
