package oidc

import (
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
)

// FlowLife is how long a login may take, from [Provider.Begin] to [Provider.Finish].
const FlowLife = 10 * time.Minute

// checkFlow rejects a flow of another provider, an expired one, and one that was not begun
// here.
func checkFlow(f auth.Flow, provider string, now time.Time) error {
	ends := time.Unix(f.Ends, 0)
	switch {
	case f.State == "" || f.Verifier == "" || f.Nonce == "" || f.RedirectURI == "":
		return refuse("no login was begun")
	case f.Provider != provider:
		return refuse("the login was begun at another provider")
	case now.After(ends) || ends.Sub(now) > FlowLife+time.Minute: // clocks differ
		return refuse("the login was begun too long ago")
	}
	return nil
}
