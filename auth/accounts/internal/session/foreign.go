package session

import (
	"context"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// errForeignID is the answer for a token that could be taken for one of a user's.
var errForeignID = fmt.Errorf("accounts: the id of another issuer's user could be the id of an account: %w", auth.ErrInvalid)

// Foreign restricts a verifier of another issuer to users of that issuer. It rejects ids that
// could be users here, which rules would take for owners of rows, and removes the session.
func (ss *Sessions) Foreign(v auth.Verifier) auth.Verifier {
	return auth.VerifierFunc(func(ctx context.Context, token string) (auth.Principal, error) {
		p, err := v.Verify(ctx, token)
		if err != nil {
			return auth.Principal{}, err
		}
		if _, err := store.ParseID(p.ID); err == nil || p.Issuer == ss.PublicURL {
			ss.Logger.WarnContext(ctx, "accounts: the id in a token of another issuer could be the id of an account; give the issuer a Name", "issuer", p.Issuer)
			return auth.Principal{}, errForeignID
		}
		p.Session = ""
		return p, nil
	})
}
