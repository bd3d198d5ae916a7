package accounts

import (
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/store"
)

// methodOAuth is a login at a provider, as the claim amr tells it.
const methodOAuth = "oauth"

// elsewhere is what a login at a provider has given, which the code of its flow keeps
// until the client exchanges it.
type elsewhere struct {
	Access  string `json:"access,omitempty"` // the provider's tokens, for the client
	Refresh string `json:"refresh,omitempty"`

	// Link is the account that gets the identity of Visitor when the flow is
	// exchanged.
	Link    *linking `json:"link,omitempty"`
	Visitor *visitor `json:"visitor,omitempty"`
}

func elsewherePlace(user store.ID) string { return "auth_codes flow " + user.String() }

func (a *Accounts) sealElsewhere(user store.ID, e *elsewhere) ([]byte, error) {
	if *e == (elsewhere{}) {
		return nil, nil
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return a.keys.seal(elsewherePlace(user), raw), nil
}

// enterFrom opens the session of a flow that has come back to its client.
func (x *exchange) enterFrom(u *user, at *arrival) (*issued, error) {
	ctx, from := x.r.Context(), x.device()
	var e elsewhere
	if at.Elsewhere != nil {
		raw, err := x.a.keys.open(elsewherePlace(u.ID), at.Elsewhere)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
	}
	if e.Link != nil {
		var err error
		if u, err = x.a.linkIdentity(ctx, e.Link, e.Visitor, from); err != nil {
			return nil, err
		}
		by := at.How.code
		at.How = e.Visitor.method()
		at.How.code = by
	}
	in, err := x.a.enter(ctx, u, at.How, from)
	if err == nil {
		in.elsewhere = e
	}
	return in, err
}
