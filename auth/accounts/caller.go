package accounts

import (
	"github.com/seed-7694ebf6/plinth/auth"
)

// Authenticator finds out who makes a request, by everything these accounts know:
// the API keys of the configuration, sessions, and the tokens of Config.Verifiers. It is
// for the resources that the accounts are for. It is safe for concurrent use.
func (a *Accounts) Authenticator() auth.Authenticator { return a.anybody }
