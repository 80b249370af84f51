variable "endpoint" {
  description = "Where the emulator listens."
  type        = string
  default     = "http://localhost:4566"
  nullable    = false
}

variable "bundle" {
  description = "SHA-256 of the config bundle in force; null before the first."
  type        = string
  default     = null
}

variable "packages" {
  description = "Paths of the functions' zips. Emulators run them as they are, so they are built for this machine."
  type = object({
    ingest       = string
    checkpoint   = string
    architecture = optional(string, "x86_64")
  })
  default = {
    ingest     = "../../../target/lambda/cairn-ingest/bootstrap.zip"
    checkpoint = "../../../target/lambda/cairn-checkpoint/bootstrap.zip"
  }
  nullable = false
}
