package accounts

import (
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/store"
)

// methodOAuth is a login at a provider, as in the claim amr.
const methodOAuth = "oauth"

// providerResult is the result of a login at a provider. The code of its flow keeps it until
// the client exchanges the code.
type providerResult struct {
	Access  string `json:"access,omitempty"` // the provider's tokens, for the client
	Refresh string `json:"refresh,omitempty"`

	// Link is the account that gets the identity of External when the flow is
	// exchanged.
	Link     *linking          `json:"link,omitempty"`
	External *externalIdentity `json:"externalIdentity,omitempty"`
}

func providerResultPlace(user store.ID) string { return "auth_codes flow " + user.String() }

func (a *Accounts) sealProviderResult(user store.ID, e *providerResult) ([]byte, error) {
	if *e == (providerResult{}) {
		return nil, nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return a.keys.seal(providerResultPlace(user), raw), nil
}

// enterFrom opens the session of a flow that has come back to its client.
func (x *exchange) enterFrom(u *user, at *arrival) (*issued, error) {
	ctx, from := x.r.Context(), x.device()
	var e providerResult
	if at.Result != nil {
		raw, err := x.a.keys.open(providerResultPlace(u.ID), at.Result)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
	}
	if e.Link != nil {
		var err error
		if u, err = x.a.linkIdentity(ctx, e.Link, e.External, from); err != nil {
			return nil, err
		}
		by := at.How.code
		at.How = e.External.method()
		at.How.code = by
	}
	in, err := x.a.enter(ctx, u, at.How, from)
	if err == nil {
		in.result = e
	}
	return in, err
}
