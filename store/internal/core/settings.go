package core

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/sqlgen"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// CursorKey returns the key that authenticates cursors. It lives in the
// database, so that all instances accept each other's cursors; once it was read
// it is kept. A transaction reads it by its own connection: there may be no other.
func (s Session) CursorKey(ctx context.Context) (*sqlgen.CursorKey, error) {
	if k := s.DB.cursors.Load(); k != nil {
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
	key := &sqlgen.CursorKey{Secret: secret}
	s.DB.cursors.Store(key)
	return key, nil
}

// setting reads one of the library's own settings.
func (s Session) setting(ctx context.Context, name string) (string, error) {
	value, found, err := s.readSetting(ctx, name)
	if err == nil && !found {
		err = fmt.Errorf("store: setting %s is missing; apply the migrations", name)
	}
	return value, err
}

// EnsureSetting reads a setting and stores the result of create if there is none.
func (db *DB) EnsureSetting(ctx context.Context, name string, create func() (string, error)) (string, error) {
	s := db.session()
	value, found, err := s.readSetting(ctx, name)
	if err != nil || found {
		return value, err
	}
	if value, err = create(); err != nil {
		return "", err
	}
	if err := s.Run(ctx, "insert into plinth_settings (name, value) values ($1, $2) on conflict (name) do nothing", name, value); err != nil {
		return "", Conflict(err)
	}
	return s.setting(ctx, name) // another instance may have been first
}

// readSetting bypasses [Session.Query], which rejects the pool inside a transaction.
// There a setting is read on a separate connection.
func (s Session) readSetting(ctx context.Context, name string) (text string, found bool, err error) {
	st := &driver.Statement{
		Table: "plinth_settings",
		SQL:   s.DB.Placeholders("select value from plinth_settings where name = $1"),
		Args:  []any{name},
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindText}, EachExtra: true},
	}
	var r driver.Result
	if err := s.DB.Driver.Query(ctx, s.Conn(), st, &r); err != nil {
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

// Truth runs a statement that answers with one boolean.
func (s Session) Truth(ctx context.Context, text string, args ...any) (answer bool, err error) {
	shape := &driver.Shape{Extra: []driver.Kind{driver.KindBool}, EachExtra: true}
	err = s.Tuples(ctx, &driver.Statement{SQL: text, Args: args, Shape: shape}, func(values [][]byte) error {
		answer = string(values[0]) == "true"
		return nil
	})
	return answer, err
}

// Run runs a statement that writes and returns nothing.
func (s Session) Run(ctx context.Context, text string, args ...any) error {
	_, err := s.Exec(ctx, &driver.Statement{SQL: s.DB.Placeholders(text), Args: args, Write: true})
	return err
}

// SetSetting writes one of the library's own settings.
func (s Session) SetSetting(ctx context.Context, name, value string) error {
	return s.Run(ctx, "insert into plinth_settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
		name, value)
}
