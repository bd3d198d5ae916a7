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
	if err := data.RecordChallenge(ctx, tx, f.ID, now); err != nil {
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
		right := store.And(data.OneCode(c.ID), data.CodeTyped(f.UserID, fs.Keys.HashShort(data.CodePhoneFactor, f.UserID, entered)))
		used, err := fs.Codes.Consume(ctx, tx, data.CodePhoneFactor, right)
		if err != nil || used == nil {
			return fail.OrElse(err, fail.ErrWrongCode)
		}
		if verified, err := data.VerifyPhone(ctx, tx, f.ID, fs.Now()); err != nil || !verified {
			return fail.OrElse(err, fail.ErrWrongCode)
		}
		return fs.proved(ctx, tx, up, methodPhone)
	})
	if err != nil {
		return nil, err
	}
	return fs.Sessions.Issue(ctx, up.User, up.Session)
}
