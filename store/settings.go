package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// cursorKey returns the key that authenticates cursors. It lives in the
// database, so that all instances accept each other's cursors; once it was read
// it is kept. A transaction reads it by its own connection: there may be no other.
func (s session) cursorKey(ctx context.Context) (*cursorKey, error) {
	if k := s.db.cursors.Load(); k != nil {
		return k, nil
	}
	text, err := s.setting(ctx, "cursor_key")
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) < 32 {
		return nil, errors.New("store: setting cursor_key is not a key of 32 bytes")
	}
	key := &cursorKey{secret}
	s.db.cursors.Store(key)
	return key, nil
}

// setting reads one of the library's own settings.
func (s session) setting(ctx context.Context, name string) (string, error) {
	value, found, err := s.readSetting(ctx, name)
	if err == nil && !found {
		err = fmt.Errorf("store: setting %s is missing; apply the migrations", name)
	}
	return value, err
}

// ensureSetting reads a setting and stores the result of create if there is none.
func (db *dbCore) ensureSetting(ctx context.Context, name string, create func() (string, error)) (string, error) {
	s := db.session()
	value, found, err := s.readSetting(ctx, name)
	if err != nil || found {
		return value, err
	}
	if value, err = create(); err != nil {
		return "", err
	}
	if err := s.run(ctx, "insert into plinth_settings (name, value) values ($1, $2) on conflict (name) do nothing", name, value); err != nil {
		return "", conflict(err)
	}
	return s.setting(ctx, name) // another instance may have been first
}

// readSetting bypasses [session.query], which rejects the pool inside a transaction.
// There a setting is read on a separate connection.
func (s session) readSetting(ctx context.Context, name string) (text string, found bool, err error) {
	st := &driver.Statement{
		Table: "plinth_settings",
		SQL:   s.db.placeholders("select value from plinth_settings where name = $1"),
		Args:  []any{name},
		Shape: &driver.Shape{Extra: []Kind{KindText}, EachExtra: true},
	}
	var r driver.Result
	if err := s.db.driver.Query(ctx, s.conn(), st, &r); err != nil {
		return "", false, fmt.Errorf("store: read settings; are the migrations applied? %w", storeError(ctx, err))
	}
	err = eachTuple(r.Extra, len(st.Shape.Extra), func(values [][]byte) (err error) {
		found = true
		text, err = value.UnquoteJSON(values[0])
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("store: setting %s: %w", name, err)
	}
	return text, found, nil
}

// truth runs a statement that answers with one boolean.
func (s session) truth(ctx context.Context, text string, args ...any) (answer bool, err error) {
	shape := &driver.Shape{Extra: []Kind{KindBool}, EachExtra: true}
	err = s.tuples(ctx, &driver.Statement{SQL: text, Args: args, Shape: shape}, func(values [][]byte) error {
		answer = string(values[0]) == "true"
		return nil
	})
	return answer, err
}

// run runs a statement that writes and returns nothing.
func (s session) run(ctx context.Context, text string, args ...any) error {
	_, err := s.exec(ctx, &driver.Statement{SQL: s.db.placeholders(text), Args: args, Write: true})
	return err
}

// setSetting writes one of the library's own settings.
func (s session) setSetting(ctx context.Context, name, value string) error {
	return s.run(ctx, "insert into plinth_settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
		name, value)
}
