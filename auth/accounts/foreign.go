package accounts

import (
	"github.com/seed-7694ebf6/plinth/auth"
)

// verifiers returns the verifiers of tokens: first these accounts, which decide about their own
// tokens since no other issuer can sign them, then those of other issuers.
func (a *Accounts) verifiers() []auth.Verifier {
	out := []auth.Verifier{a}
	for _, v := range a.config.Verifiers {
		out = append(out, a.sessions.Foreign(v))
	}
	return out
}
