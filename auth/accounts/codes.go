package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// code is a single-use secret: the link or digits of a mail, the code of a login at a provider,
// a challenge. Only its hashes are stored.
type code struct {
	bun.BaseModel `bun:"table:auth_codes"`
	store.Untracked
	ID        store.ID `bun:",pk"`
	Kind      string   `bun:",notnull"` // a codeKind
	UserID    *store.ID
	Hash      []byte     `bun:",notnull,unique"`     // of the long form
	ShortHash []byte     `bun:",notnull"`            // of the digits that a person can type, with the user's id; empty for other codes
	Data      store.JSON `bun:",notnull,type:jsonb"` // what the code is for, by its kind
	CreatedAt time.Time  `bun:",notnull"`
	ExpiresAt time.Time  `bun:",notnull"`
	UsedAt    *time.Time
}

// codeKind is the purpose of a code. A code is not valid for another purpose.
type codeKind string

// newCode describes a code to be made.
type newCode struct {
	kind codeKind
	user *store.ID // nil: not known yet
	life time.Duration
	data any // kept as JSON; nil is "{}"

	// long is a long form that the caller made. Empty makes one.
	long string

	// mailed gives a user's code a short form, and ends those of the same kind
	// that the user has had: only the last mail counts.
	mailed bool
}

// secrets are the forms of a code, which the database does not have.
type secrets struct {
	long  string // 256 bits, in a link
	short string // six digits, for the user it was mailed to; empty for others
}

// replaces returns the kinds of a user's codes that a new one invalidates. Digits of a login
// and of a sign-up are entered in the same form, and those of a sign-up confirm its password. A
// later request for a login means the login.
func (k codeKind) replaces() []codeKind {
	if k == codeSMS {
		return []codeKind{codeSMS, codeSMSSignup}
	}
	return []codeKind{k}
}

// shortDigits is the length of the codes that people type. They are as good as their
// budget of attempts is small, see attempt.
const shortDigits = 6

// makeCode makes a code.
func (a *Accounts) makeCode(ctx context.Context, in store.Session, n newCode) (secrets, error) {
	now := a.now()
	c := &code{ID: store.NewID(), Kind: string(n.kind), UserID: n.user, ShortHash: []byte{}, Data: "{}", CreatedAt: now, ExpiresAt: now.Add(n.life)}
	var out secrets
	if out.long = n.long; out.long == "" {
		out.long = rand.Text() + rand.Text()
	}
	c.Hash = hashCode(n.kind, out.long)
	if n.data != nil {
		var err error
		if c.Data, err = store.JSONOf(n.data); err != nil {
			return out, err
		}
	}
	if n.mailed {
		if err := a.dropCodes(ctx, in, *n.user, n.kind.replaces()...); err != nil {
			return out, err
		}
		out.short = randomDigits(shortDigits)
		c.ShortHash = a.keys.hashShort(n.kind, *n.user, out.short)[0]
	}
	return out, store.For[code](in).Insert(ctx, c)
}

// newChallengeID returns the id of a challenge: a random UUID (RFC 9562 section 5.4), as clients expect it.
func newChallengeID() string {
	var id store.ID
	_, _ = rand.Read(id[:]) // it does not fail
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// dropCodes makes the codes of a user worthless, of some kinds or of all.
func (a *Accounts) dropCodes(ctx context.Context, in store.Session, user store.ID, kinds ...codeKind) error {
	which := store.And(store.Eq("user_id", user), store.Null("used_at"))
	if len(kinds) > 0 {
		which = store.And(which, store.In("kind", names(kinds)))
	}
	_, err := store.For[code](in).PatchWhere(ctx, which, store.SetTo("used_at", a.now()))
	return err
}

// deleteCodes is dropCodes for a kind with a long lifetime.
func (a *Accounts) deleteCodes(ctx context.Context, in store.Session, user store.ID, kind codeKind) error {
	_, err := store.For[code](in).DeleteWhere(ctx, store.And(store.Eq("user_id", user), store.Eq("kind", string(kind))))
	return err
}

func names(kinds []codeKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// useCode consumes a code by its long form. It returns nil for one that is unknown, used,
// expired or of another kind, which clients cannot tell apart.
func (a *Accounts) useCode(ctx context.Context, s store.Session, kind codeKind, long string) (*code, error) {
	return a.consume(ctx, s, kind, store.Eq("hash", hashCode(kind, long)))
}

// useShortCode consumes a code of a user by the digits they have typed. Each call
// must stand in an attempt of the user.
func (a *Accounts) useShortCode(ctx context.Context, s store.Session, kind codeKind, user store.ID, digits string) (*code, error) {
	young := store.Compare("created_at", store.OpGt, a.now().Add(-digitsLife))
	return a.consume(ctx, s, kind, store.And(store.Eq("user_id", user), store.In("short_hash", a.keys.hashShort(kind, user, digits)), young))
}

// findCode finds a good code by its long form and leaves it as it is. What rests on it
// has to end with takeCode.
func (a *Accounts) findCode(ctx context.Context, s store.Session, kind codeKind, long string) (*code, error) {
	return a.find(ctx, s, kind, store.Eq("hash", hashCode(kind, long)))
}

// find finds a valid code.
func (a *Accounts) find(ctx context.Context, s store.Session, kind codeKind, which store.Cond) (*code, error) {
	which = store.And(store.Eq("kind", string(kind)), which)
	good := store.And(which, store.Null("used_at"), store.Compare("expires_at", store.OpGt, a.now()))
	found, err := store.For[code](s).List(ctx, store.Query{Where: good, Limit: store.Limit(1)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// lastCode finds the last code of some kinds that a user has had, good or not; nil is none.
func (a *Accounts) lastCode(ctx context.Context, s store.Session, user store.ID, kinds ...codeKind) (*code, error) {
	found, err := store.For[code](s).List(ctx, store.Query{
		Where: store.And(store.Eq("user_id", user), store.In("kind", names(kinds))),
		Order: []store.Order{{Column: "created_at", Desc: true}}, Limit: store.Limit(1),
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// takeCode marks a code that was found as used. The row count of the update decides
// who of many has it.
func (a *Accounts) takeCode(ctx context.Context, s store.Session, c *code) (taken bool, err error) {
	n, err := store.For[code](s).PatchWhere(ctx, store.And(store.Eq("id", c.ID), store.Null("used_at")), store.SetTo("used_at", a.now()))
	return n == 1, err
}

// consume finds a code and takes it.
func (a *Accounts) consume(ctx context.Context, s store.Session, kind codeKind, which store.Cond) (*code, error) {
	c, err := a.find(ctx, s, kind, which)
	if err != nil || c == nil {
		return nil, err
	}
	if taken, err := a.takeCode(ctx, s, c); err != nil || !taken {
		return nil, err
	}
	return c, nil
}

// read decodes what the code is for.
func (c *code) read(into any) error {
	if err := json.Unmarshal([]byte(c.Data), into); err != nil {
		return fmt.Errorf("accounts: code %s: %w", c.ID, err)
	}
	return nil
}

// hashCode returns the hash of a long code. It is random, so a plain one will do.
func hashCode(kind codeKind, long string) []byte {
	sum := sha256.Sum256([]byte(string(kind) + " " + long))
	return sum[:]
}

// hashShort returns the hashes of a short code of a user, under each master key. They are
// keyed, since digits can be guessed from a plain hash.
func (k *keyring) hashShort(kind codeKind, user store.ID, digits string) [][]byte {
	sums := k.hashNames(string(kind) + " " + hex.EncodeToString(user[:]) + " " + digits)
	out := make([][]byte, len(sums))
	for i := range sums {
		out[i] = sums[i][:]
	}
	return out
}

func randomDigits(n int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", n, v)
}
