package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/role"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// apiKeyRoutes let users manage their keys, and admins all keys.
var apiKeyRoutes = []route{
	{http.MethodGet, "user/api-keys", byUser(keyHandler.listOwnKeys)},
	{http.MethodPost, "user/api-keys", byUser(keyHandler.createOwnKey)},
	{http.MethodDelete, "user/api-keys/{id}", byUser(keyHandler.revokeOwnKey)},
	{http.MethodGet, "admin/api-keys", byAdmin(keyHandler.listKeys)},
	{http.MethodPost, "admin/api-keys", byAdmin(keyHandler.createKey)},
	{http.MethodDelete, "admin/api-keys/{id}", byAdmin(keyHandler.revokeKey)},
}

// ApiKeyView is a key as its owner sees it.
type ApiKeyView struct {
	ID         store.ID   `json:"id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"`
	UserID     *store.ID  `json:"user_id,omitempty"`
	Scopes     []string   `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	Key        string     `json:"key,omitempty"` // in the answer that creates it only
}

func viewKey(k *data.APIKey) (ApiKeyView, error) {
	scopes, err := k.ScopeList()
	return ApiKeyView{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, UserID: k.UserID, Scopes: scopes, CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt,
	}, err
}

// sendKeys answers with the valid keys of an owner.
func (x keyHandler) sendKeys(owner *store.ID) error {
	keys, err := data.ListKeys(x.r.Context(), x.DB, owner, x.Now())
	if err != nil {
		return err
	}
	views := make([]ApiKeyView, len(keys))
	for i, k := range keys {
		if views[i], err = viewKey(k); err != nil {
			return err
		}
	}
	return x.send(http.StatusOK, map[string]any{"api_keys": views})
}

// sendKey answers with a new key.
func (x keyHandler) sendKey(k *data.APIKey, secret string) error {
	v, err := viewKey(k)
	if err != nil {
		return err
	}
	v.Key = secret
	return x.send(http.StatusOK, v)
}

// listOwnKeys answers GET /user/api-keys.
func (x keyHandler) listOwnKeys(u *data.User, _ *data.Session) error {
	return x.sendKeys(&u.ID)
}

// createOwnKey answers POST /user/api-keys. It requires the same proof as a change of the
// password, because a key lasts longer than a session.
func (x keyHandler) createOwnKey(u *data.User, s *data.Session) error {
	if u.IsAnonymous {
		return fail.New(problem.AuthValidation, "API keys are for users with an account")
	}
	if err := x.factors().needsSecondFactor(u, s); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	n, err := x.newKey(body, true)
	if err != nil {
		return err
	}
	in, err := body.texts("current_password", "nonce")
	if err == nil {
		// The user is notified of each by mail.
		err = x.budgets().draw("keys", u.ID.String(), x.Throttle.Limits.Requests)
	}
	if err == nil {
		err = x.users().proveSelf(u, s, in)
	}
	if err != nil {
		return err
	}
	k, secret, err := x.APIKeys.MakeOwnKey(x.r.Context(), u, s, n, x.device())
	if err != nil {
		return err
	}
	return x.sendKey(k, secret)
}

// revokeOwnKey answers DELETE /user/api-keys/{id}.
func (x keyHandler) revokeOwnKey(u *data.User, s *data.Session) error {
	e := x.device().Event("", nil)
	e.SessionID = &s.ID
	return x.endKey(data.KeysOf(&u.ID), func(ctx context.Context, tx *store.Tx, k *data.APIKey) (*data.Event, error) { return e, nil })
}

// listKeys answers GET /admin/api-keys: the keys of the application, or with user_id
// those of a user.
func (x keyHandler) listKeys(_ role.Authority) error {
	asked := x.r.URL.Query().Get("user_id")
	if asked == "" {
		return x.sendKeys(nil)
	}
	id, err := store.ParseID(asked)
	if err != nil {
		return fail.New(problem.AuthValidation, "user_id must be a UUID")
	}
	return x.sendKeys(&id)
}

// createKey answers POST /admin/api-keys with a key of the application. Its
// permissions are at most those of the admin.
func (x keyHandler) createKey(by role.Authority) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	n, err := x.newKey(body, false)
	if err != nil {
		return err
	}
	if !by.Holds(nil, n.Scopes) {
		return fail.ErrEscalation
	}
	var k *data.APIKey
	var secret string
	err = x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		k, secret, err = x.APIKeys.MakeKey(ctx, tx, nil, n, by.Event("", nil))
		return err
	})
	if err != nil {
		return err
	}
	return x.sendKey(k, secret)
}

// revokeKey answers DELETE /admin/api-keys/{id}.
func (x keyHandler) revokeKey(by role.Authority) error {
	return x.endKey(store.True(), func(ctx context.Context, tx *store.Tx, k *data.APIKey) (*data.Event, error) {
		if k.UserID == nil {
			scopes, err := k.ScopeList()
			if err == nil && !by.Holds(nil, scopes) {
				err = fail.ErrEscalation
			}
			return by.Event("", nil), err
		}
		u, err := data.GetUser(ctx, tx, *k.UserID)
		if err == nil {
			err = role.Over(ctx, tx, by, u)
		}
		return by.Event("", nil), err
	})
}

// endKey revokes the key in the path, if it is among the allowed ones.
func (x keyHandler) endKey(among store.Cond, judge func(context.Context, *store.Tx, *data.APIKey) (*data.Event, error)) error {
	id, err := store.ParseID(x.params["id"])
	if err != nil {
		return &problem.Error{Code: problem.AuthNotFound}
	}
	err = x.DB.Tx(x.r.Context(), func(ctx context.Context, tx *store.Tx) error {
		which := store.And(among, data.OpenKey(id))
		found, err := data.OpenKeys(ctx, tx, which)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return &problem.Error{Code: problem.AuthNotFound}
		}
		e, err := judge(ctx, tx, found[0])
		if err != nil {
			return err
		}
		return x.APIKeys.EndKeys(ctx, tx, which, apikey.EndedByRevoking, e)
	})
	if err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// newKey reads the requested key.
func (x keyHandler) newKey(body object, own bool) (n apikey.Spec, err error) {
	if n.Name, err = body.text("name"); err != nil {
		return n, err
	}
	if err := apikey.CheckKeyName(n.Name); err != nil {
		return n, err
	}
	scopes, err := body.list("scopes")
	if err != nil {
		return n, err
	}
	if scopes == nil {
		scopes = new([]string)
	}
	if n.Scopes, err = apikey.CheckScopes(*scopes, own); err != nil {
		return n, err
	}
	n.Expires, err = x.keyExpires(body)
	return n, err
}

// keyExpires reads expires_at: a time, or null for a key that never expires. Without it the
// key has the default lifetime.
func (x keyHandler) keyExpires(body object) (*time.Time, error) {
	now := x.Now()
	v, asked := body["expires_at"]
	if !asked {
		at := now.Add(apikey.UsualKeyLife)
		return &at, nil
	}
	if v.Kind() == strictjson.Null {
		return nil, nil
	}
	text, _ := v.Text()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !at.After(now) || at.Year() > 9999 {
		return nil, fail.New(problem.AuthValidation, "expires_at must be a time in the future such as 2030-01-02T15:04:05Z, or null")
	}
	at = at.UTC().Truncate(time.Microsecond)
	return &at, nil
}
