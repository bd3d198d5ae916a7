package accounts

import "github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"

// ErrUserNotFound is the error of methods that find an account by its id or address, where there
// is none. Its code is user_not_found.
var ErrUserNotFound = fail.ErrUserUnknown
