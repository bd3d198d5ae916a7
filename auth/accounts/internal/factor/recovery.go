package factor

import (
	"context"
	"encoding/hex"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/code"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/totp"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

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
