variable "workload_account" {
  description = "Number of the account that the trail lives in."
  type        = string
  default     = "111122223333"
  nullable    = false
}
