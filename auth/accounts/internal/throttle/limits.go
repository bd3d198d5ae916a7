package throttle

import (
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// BegunPerRequest is the factor for requests that store little, such as logins at providers,
// which a whole office may begin from one IP address.
const BegunPerRequest = 10

// The times of AccountGuesses.
const (
	AccountForgets = 24 * time.Hour      // without a wrong guess
	accountCloses  = 30 * 24 * time.Hour // to unknown IP addresses
	accountKnows   = 30 * 24 * time.Hour // an address
)

// OverSMSLimit is the error for too many requests for text messages.
func OverSMSLimit(wait time.Duration) error {
	return &problem.Error{Code: problem.AuthOverSMSLimit, RetryAfter: max(wait, time.Second)}
}
