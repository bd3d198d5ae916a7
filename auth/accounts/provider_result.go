package accounts

import (
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
)

// enterFrom opens the session of a flow that has come back to its client.
func (x *exchange) enterFrom(u *data.User, at *data.Arrival) (*session.Issued, error) {
	ctx, from := x.r.Context(), x.device()
	var e data.ProviderResult
	if at.Result != nil {
		raw, err := x.a.keys.Open(federation.ProviderResultPlace(u.ID), at.Result)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
	}
	if e.Link != nil {
		var err error
		if u, err = x.a.federation.LinkIdentity(ctx, e.Link, e.External, from); err != nil {
			return nil, err
		}
		by := at.How.Code
		at.How = e.External.Method()
		at.How.Code = by
	}
	in, err := x.a.sessions.Enter(ctx, u, at.How, from)
	if err == nil {
		in.Result = e
	}
	return in, err
}
