// Package code makes and consumes single-use secrets: the codes of mails and messages, of flows
// and of challenges.
package code

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/store"
)

// Codes makes and consumes codes.
type Codes struct {
	DB   *store.DB
	Keys *seal.Keyring
	Now  func() time.Time
}

// Spec describes a code to be made.
type Spec struct {
	Kind data.CodeKind
	User *store.ID // nil: not known yet
	Life time.Duration
	Data any // kept as JSON; nil is "{}"

	// long is a long form that the caller made. Empty makes one.
	Long string

	// mailed gives a user's code a short form, and ends those of the same kind
	// that the user has had: only the last mail counts.
	Mailed bool
}

// Secrets are the forms of a code, which the database does not have.
type Secrets struct {
	Long  string // 256 bits, in a link
	Short string // six digits, for the user it was mailed to; empty for others
}

// MakeCode makes a code.
func (cs *Codes) MakeCode(ctx context.Context, in store.Session, n Spec) (Secrets, error) {
	now := cs.Now()
	c := &data.Code{ID: store.NewID(), Kind: string(n.Kind), UserID: n.User, ShortHash: []byte{}, Data: "{}", CreatedAt: now, ExpiresAt: now.Add(n.Life)}
	var out Secrets
	if out.Long = n.Long; out.Long == "" {
		out.Long = rand.Text() + rand.Text()
	}
	c.Hash = data.HashCode(n.Kind, out.Long)
	if n.Data != nil {
		var err error
		if c.Data, err = store.JSONOf(n.Data); err != nil {
			return out, err
		}
	}
	if n.Mailed {
		if err := cs.DropCodes(ctx, in, *n.User, n.Kind.Replaces()...); err != nil {
			return out, err
		}
		out.Short = randomDigits(data.ShortDigits)
		c.ShortHash = cs.Keys.HashShort(n.Kind, *n.User, out.Short)[0]
	}
	return out, data.Insert(ctx, in, c)
}

// NewChallengeID returns the id of a challenge: a random UUID (RFC 9562 section 5.4), as clients expect it.
func NewChallengeID() string {
	var id store.ID
	_, _ = rand.Read(id[:]) // it does not fail
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// DropCodes makes the codes of a user worthless, of some kinds or of all.
func (cs *Codes) DropCodes(ctx context.Context, in store.Session, user store.ID, kinds ...data.CodeKind) error {
	return data.UseCodes(ctx, in, user, cs.Now(), kinds...)
}

// UseCode consumes a code by its long form. It returns nil for one that is unknown, used,
// expired or of another kind, which clients cannot tell apart.
func (cs *Codes) UseCode(ctx context.Context, s store.Session, kind data.CodeKind, long string) (*data.Code, error) {
	return cs.Consume(ctx, s, kind, data.CodeHashed(kind, long))
}

// UseShortCode consumes a code of a user by the digits they have typed. Each call
// must stand in an attempt of the user.
func (cs *Codes) UseShortCode(ctx context.Context, s store.Session, kind data.CodeKind, user store.ID, digits string) (*data.Code, error) {
	young := data.CodeSince(cs.Now().Add(-data.DigitsLife))
	return cs.Consume(ctx, s, kind, store.And(data.CodeTyped(user, cs.Keys.HashShort(kind, user, digits)), young))
}

// FindCode finds a good code by its long form and leaves it as it is. What rests on it
// has to end with TakeCode.
func (cs *Codes) FindCode(ctx context.Context, s store.Session, kind data.CodeKind, long string) (*data.Code, error) {
	return data.ValidCode(ctx, s, kind, data.CodeHashed(kind, long), cs.Now())
}

// TakeCode marks a code that was found as used. The row count of the update decides
// who of many has it.
func (cs *Codes) TakeCode(ctx context.Context, s store.Session, c *data.Code) (taken bool, err error) {
	return data.UseCode(ctx, s, c.ID, cs.Now())
}

// Consume finds a code and takes it.
func (cs *Codes) Consume(ctx context.Context, s store.Session, kind data.CodeKind, which store.Cond) (*data.Code, error) {
	c, err := data.ValidCode(ctx, s, kind, which, cs.Now())
	if err != nil || c == nil {
		return nil, err
	}
	if taken, err := cs.TakeCode(ctx, s, c); err != nil || !taken {
		return nil, err
	}
	return c, nil
}

func randomDigits(n int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", n, v)
}

// PKCEPrefix marks the token of a link with a flow that ends in a PKCE code. Clients look for
// it.
const PKCEPrefix = "pkce_"

// Token is a code as a link has it.
func (s *Secrets) Token(f data.Flow) string {
	if f.Challenge != "" {
		return PKCEPrefix + s.Long
	}
	return s.Long
}

// Challenge asks a session for a factor. It returns the challenge's id.
func (cs *Codes) Challenge(ctx context.Context, s *data.Session, f *data.Factor, ceremony store.JSON) (id string, expires time.Time, err error) {
	now := cs.Now()
	n := Spec{Kind: data.CodeChallenge, User: &f.UserID, Long: NewChallengeID(), Life: data.ChallengeLife, Data: data.Challenge{Factor: f.ID, Session: s.ID, Ceremony: ceremony}}
	err = cs.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		made, err := cs.MakeCode(ctx, tx, n)
		if err != nil {
			return err
		}
		id = made.Long
		return data.RecordChallenge(ctx, tx, f.ID, now)
	})
	return id, now.Add(data.ChallengeLife), err
}

// FindChallenge finds the challenge of a factor to a session and leaves it good.
func (cs *Codes) FindChallenge(ctx context.Context, s *data.Session, f *data.Factor, id string) (*data.Code, error) {
	c, err := cs.FindCode(ctx, cs.DB, data.CodeChallenge, id)
	if err != nil {
		return nil, err
	}
	_, err = c.Challenges(s, f)
	return c, err
}
