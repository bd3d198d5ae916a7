variable "namespace" {
  description = "Namespace of the application, as ../kubernetes has it."
  type        = string
  default     = "notes"
}

variable "database_url" {
  description = "postgres://user:password@host:5432/database?sslmode=verify-full"
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^postgres(ql)?://[^/]+/[^?]+[?](.*&)?sslmode=verify-full(&|$)", var.database_url))
    error_message = "The address begins with postgres:// and asks for sslmode=verify-full."
  }
}

variable "smtp_url" {
  description = "smtp://user:password@host:587 or smtps://..."
  type        = string
  sensitive   = true
}

variable "mail_from" {
  description = "Who mails are from, as \"Notes <accounts@notes.example>\"."
  type        = string
}

variable "key_generation" {
  description = "Raise it to put new keys of clients before the present ones; the ones before those end."
  type        = number
  default     = 1

  validation {
    condition     = var.key_generation >= 1 && floor(var.key_generation) == var.key_generation
    error_message = "Generations are 1, 2, 3 and so on."
  }
}

variable "master_key_generations" {
  description = "Generations of the master key, the one in use first. A new one comes behind it, then in front; the old one may leave when the command reseal has run, see docs/accounts.md; terraform state rm its random_bytes before."
  type        = list(string)
  default     = ["1"]

  validation {
    condition     = length(var.master_key_generations) > 0
    error_message = "There is at least one master key."
  }
}
