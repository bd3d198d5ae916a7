package factor

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/store"
)

// methodPhone is a second factor by a text message, as in the claim amr.
const methodPhone = "mfa/phone"

// SendChallenge asks a session for a phone and returns the challenge's id. Only the last
// one of a user counts.
func (fs *Factors) SendChallenge(ctx context.Context, tx *store.Tx, s *data.Session, f *data.Factor, locale string, now time.Time) (id string, err error) {
	made, err := fs.Codes.MakeCode(ctx, tx, code.Spec{
		Kind: data.CodePhoneFactor, User: &f.UserID, Long: code.NewChallengeID(), Life: data.ChallengeLife, Data: data.Challenge{Factor: f.ID, Session: s.ID}, Mailed: true,
	})
	if err != nil {
		return "", err
	}
	if _, err := store.For[data.Factor](tx).PatchWhere(ctx, store.Eq("id", f.ID), store.SetTo("last_challenged_at", now)); err != nil {
		return "", err
	}
	values := map[string]string{"code": made.Short, "site": fs.SiteURL, "expires": data.ChallengeLife.String()}
	return made.Long, fs.Outbox.Queue(ctx, tx, outbox.Mail{To: *f.Phone, SMS: true, Template: outbox.SMSFactor, Locale: locale, Values: values, Life: data.ChallengeLife})
}

// VerifyPhone raises a session by the digits of a message. Digits that are wrong leave the
// challenge as it is, since people mistype.
func (fs *Factors) VerifyPhone(ctx context.Context, up *StepUp, id, entered string) (*session.Issued, error) {
	f := up.Factor
	c, err := fs.Codes.FindCode(ctx, fs.DB, data.CodePhoneFactor, id)
	if err != nil {
		return nil, err
	}
	if _, err := c.Challenges(up.Session, f); err != nil {
		return nil, err
	}
	err = fs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		right := store.And(store.Eq("id", c.ID), store.In("short_hash", fs.Keys.HashShort(data.CodePhoneFactor, f.UserID, entered)))
		used, err := fs.Codes.Consume(ctx, tx, data.CodePhoneFactor, right)
		if err != nil || used == nil {
			return fail.OrElse(err, fail.ErrWrongCode)
		}
		n, err := store.For[data.Factor](tx).PatchWhere(ctx, store.Eq("id", f.ID),
			store.SetTo("last_used_at", fs.Now()), store.SetTo("status", data.FactorVerified), store.SetTo("waits_until", nil))
		if err != nil || n != 1 {
			return fail.OrElse(err, fail.ErrWrongCode)
		}
		return fs.proved(ctx, tx, up, methodPhone)
	})
	if err != nil {
		return nil, err
	}
	return fs.Sessions.Issue(ctx, up.User, up.Session)
}
