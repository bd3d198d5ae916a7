package factor

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/outbox"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/problem"
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
	_, err = fs.Outbox.Queue(ctx, tx, outbox.Mail{To: *f.Phone, SMS: true, Template: outbox.SMSFactor, Locale: locale, Values: values, Life: data.ChallengeLife})
	return made.Long, err
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

// NewRecoveryCodes gives a user a new set of codes.
func (fs *Factors) NewRecoveryCodes(ctx context.Context, tx *store.Tx, u *data.User, s *data.Session) ([]string, error) {
	factors, err := data.FactorsOf(ctx, tx, u.ID)
	if err != nil {
		return nil, err
	}
	if data.Verified(factors) == 0 {
		return nil, fail.New(problem.AuthMFARecoverySole, "At least one verified factor is required to generate recovery codes")
	}
	if err := data.DeleteCodes(ctx, tx, u.ID, data.CodeRecovery); err != nil {
		return nil, err
	}
	codes := totp.NewRecoveryCodes(totp.RecoveryCodes)
	for _, text := range codes {
		long, _ := recoveryForm(text)
		if _, err := fs.Codes.MakeCode(ctx, tx, code.Spec{Kind: data.CodeRecovery, User: &u.ID, Life: data.RecoveryLife, Long: long}); err != nil {
			return nil, err
		}
	}
	return codes, fs.Sessions.Record(ctx, tx, &data.Event{Kind: "recovery_codes_made", UserID: &u.ID, SessionID: &s.ID}, nil)
}

// recoveryForm is a recovery code in the one form that is hashed. It has 120 bits, so
// a plain hash keeps it as it keeps other long codes.
func recoveryForm(entered string) (long string, ok bool) {
	sum, ok := totp.HashRecoveryCode(entered)
	return hex.EncodeToString(sum[:]), ok
}

// UseRecoveryCode raises a session by a recovery code of its user.
func (fs *Factors) UseRecoveryCode(ctx context.Context, u *data.User, s *data.Session, entered string) (*session.Issued, error) {
	long, ok := recoveryForm(entered)
	if !ok {
		return nil, fail.ErrWrongCode
	}
	var left int64
	err := fs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		mine := store.And(data.CodeOf(u.ID), data.CodeHashed(data.CodeRecovery, long))
		c, err := fs.Codes.Consume(ctx, tx, data.CodeRecovery, mine)
		if err != nil {
			return err
		}
		if c == nil {
			return fail.ErrWrongCode
		}
		if left, err = data.RecoveryCodesLeft(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := fs.Sessions.Raise(ctx, tx, s, session.MethodRecovery, nil); err != nil {
			return err
		}
		return fs.Sessions.Record(ctx, tx, &data.Event{Kind: "recovery_code_used", UserID: &u.ID, SessionID: &s.ID}, map[string]any{"remaining": left})
	})
	if err != nil {
		return nil, err
	}
	in, err := fs.Sessions.Issue(ctx, u, s)
	if err == nil {
		in.RecoveryCodes = &left
	}
	return in, err
}
