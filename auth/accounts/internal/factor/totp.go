package factor

import (
	"context"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/store"
)

// MaxIssuer is the length of the name that an authenticator app shows, in bytes. A QR
// code has no room for much more.
const MaxIssuer = 100

// VerifyTOTP raises a session by the code of an authenticator app.
func (fs *Factors) VerifyTOTP(ctx context.Context, up *StepUp, challenge, entered string) (*session.Issued, error) {
	f := up.Factor
	secret, err := fs.Keys.Open(f.Place(), f.Sealed)
	if err != nil {
		return nil, err
	}
	c, err := fs.Codes.FindChallenge(ctx, up.Session, f, challenge)
	if err != nil {
		return nil, err
	}
	step, ok := totp.Verify(secret, entered, fs.Now(), f.LastStep)
	if !ok {
		return nil, fail.ErrWrongTOTP
	}
	err = fs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// The row count decides which of several concurrent requests with the code succeeds.
		if fresh, err := data.VerifyApp(ctx, tx, f.ID, step, fs.Now()); err != nil || !fresh {
			return fail.OrElse(err, fail.ErrWrongTOTP)
		}
		if taken, err := fs.Codes.TakeCode(ctx, tx, c); err != nil || !taken {
			return fail.OrElse(err, fail.ErrChallengeExpired)
		}
		return fs.proved(ctx, tx, up, session.MethodTOTP)
	})
	if err != nil {
		return nil, err
	}
	return fs.Sessions.Issue(ctx, up.User, up.Session)
}
