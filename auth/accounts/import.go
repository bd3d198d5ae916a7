package accounts

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// ImportedUser is an account of another system. It needs an Email, a Phone or an identity.
type ImportedUser struct {
	// ID is the id it is to have. With the zero ID it gets a new one, and is found
	// again by what else names it.
	ID store.ID

	// Email and Phone are accepted in any spelling. With a zero time they are unconfirmed.
	Email            string
	EmailConfirmedAt time.Time
	Phone            string
	PhoneConfirmedAt time.Time

	// PasswordHash is one of argon2id in the PHC string format or of bcrypt; the
	// password is hashed as Config.Hashes says at its first login. Empty without a
	// password.
	PasswordHash string

	// Role is the one role every user has, "authenticated" if it is empty, and
	// Roles are the others, which have to exist.
	Role  string
	Roles []string

	// AppMetadata is the application's, which users only read, UserMetadata their own.
	AppMetadata, UserMetadata map[string]any

	// Identities are where else the user can log in.
	Identities []ImportedIdentity

	// CreatedAt is the time at which the other system made the account. Zero is now.
	CreatedAt, LastSignInAt, BannedUntil time.Time
}

// ImportedIdentity is an account at a provider by which a user logs in.
type ImportedIdentity struct {
	// Provider is the name the provider has in this application, Issuer who it is
	// (the iss of its ID tokens) and Subject what it calls the user. All three are
	// required, and must be what logins will say.
	Provider, Issuer, Subject string

	// Data is what clients see of the identity.
	Data map[string]any
}

// ImportOptions tune [Accounts.Import]. Nil takes every default.
type ImportOptions struct {
	// Batch is how many users are written in one transaction.
	//
	// Defaults to 500; at most 5,000.
	Batch int

	// Progress is called after each batch. It may be nil.
	Progress func(ImportReport)
}

// ImportReport says what has become of an import so far.
type ImportReport struct {
	// Read is the number of users there were: those made, those that existed, which
	// stay as they are, and those that could not be made.
	Read, Created, Existing, Failed int

	// Errors are the failures, the first 1,000 of them.
	Errors []*ImportError
}

// ImportError says why a user could not be imported.
type ImportError struct {
	Row   int // counted from 1
	ID    store.ID
	Email string
	Err   error
}

// Error returns the row and why.
func (e *ImportError) Error() string {
	return fmt.Sprintf("accounts: import of row %d: %v", e.Row, e.Err)
}

// Unwrap returns why.
func (e *ImportError) Unwrap() error { return e.Err }

const (
	usualBatch      = 500
	maxBatch        = 5000
	maxImportErrors = 1000
)

// Import makes accounts of another system, in one transaction for each batch. A user who
// exists, by ID or, without one, by e-mail address, phone number or identity, is not changed.
// So an interrupted import can be run again. A user that cannot be imported is reported,
// including an error of users, and does not stop the import. No mails are sent, and
// Config.BeforeSignUp does not run.
//
// The error is one of the database or of ctx, after the batches that were reported.
func (a *Accounts) Import(ctx context.Context, users iter.Seq2[ImportedUser, error], opts *ImportOptions) (ImportReport, error) {
	im := &importing{a: a, size: usualBatch}
	if opts != nil {
		im.progress = opts.Progress
		if opts.Batch != 0 {
			im.size = opts.Batch
		}
	}
	if im.size < 1 || im.size > maxBatch {
		return im.report, errors.New("accounts: a batch has 1 to 5,000 users")
	}
	for u, err := range users {
		im.report.Read++
		row := &importedRow{number: im.report.Read, id: u.ID, email: u.Email}
		if err == nil {
			err = row.read(&u)
		}
		if err != nil {
			im.fail(row, err)
			continue
		}
		if im.batch = append(im.batch, row); len(im.batch) == im.size {
			if err := im.flush(ctx); err != nil {
				return im.report, err
			}
		}
	}
	return im.report, im.flush(ctx)
}

// importing is an import under way.
type importing struct {
	a        *Accounts
	size     int
	progress func(ImportReport)
	batch    []*importedRow
	report   ImportReport
}

func (im *importing) fail(row *importedRow, err error) {
	im.report.Failed++
	if len(im.report.Errors) < maxImportErrors {
		im.report.Errors = append(im.report.Errors, &ImportError{row.number, row.id, row.email, err})
	}
}

// flush writes the batch.
func (im *importing) flush(ctx context.Context) error {
	rows := im.batch
	im.batch = nil
	if len(rows) == 0 {
		return ctx.Err()
	}
	if err := im.write(ctx, rows); err != nil {
		return err
	}
	if im.progress != nil {
		im.progress(im.report)
	}
	return nil
}

// write writes rows in one transaction. If one of them cannot be, because others write
// at the same time, each gets a transaction of its own.
func (im *importing) write(ctx context.Context, rows []*importedRow) error {
	err := im.a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return im.a.importRows(ctx, tx, rows) })
	if _, taken := errors.AsType[*store.ConstraintError](err); taken && len(rows) > 1 {
		for _, row := range rows {
			if err := im.write(ctx, []*importedRow{row}); err != nil {
				return err
			}
		}
		return nil
	} else if taken {
		rows[0].err = err
	} else if err != nil {
		return err
	}
	for _, row := range rows {
		switch {
		case row.err != nil:
			im.fail(row, row.err)
		case row.existing:
			im.report.Existing++
		default:
			im.report.Created++
		}
	}
	return nil
}

// importRows makes the accounts that there are not.
func (a *Accounts) importRows(ctx context.Context, tx *store.Tx, rows []*importedRow) error {
	known, err := a.lookUp(ctx, tx, rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.existing, row.err = known.has(row)
		if row.existing || row.err != nil {
			continue
		}
		if row.err = known.mayHave(row.roles); row.err != nil {
			continue
		}
		if err := a.importRow(ctx, tx, row); err != nil {
			return err
		}
		known.add(row)
	}
	return nil
}

func (a *Accounts) importRow(ctx context.Context, tx *store.Tx, row *importedRow) error {
	u := *row.user // the function of a transaction may run again
	if err := data.Insert(ctx, tx, &u); err != nil {
		return err
	}
	row.made = u.ID
	for _, i := range append(u.Addresses(), row.identities...) {
		theirs := *i
		theirs.UserID = u.ID
		if err := data.Insert(ctx, tx, &theirs); err != nil {
			return err
		}
	}
	for _, name := range row.roles {
		if err := data.Insert(ctx, tx, &data.UserRole{UserID: u.ID, Role: name}); err != nil {
			return err
		}
	}
	return a.sessions.Record(ctx, tx, own.Event("imported", &u.ID), nil)
}

var errNameless = fail.New(problem.AuthValidation, "an account needs an e-mail address, a phone number or an identity")
