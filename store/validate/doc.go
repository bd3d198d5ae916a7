// Package validate checks values against the rules of validate tags, with
// go-playground/validator.
//
//	db, err := sqlite.Open(ctx, "shop.db", &sqlite.Options{
//		Store: store.Options{Validator: validate.New()},
//	})
//
// The tag of a field lists its rules, separated by commas:
//
//	Title string   `validate:"required,max=200"`
//	Email *string  `validate:"omitempty,email"`
//	Tags  []string `validate:"max=10,unique,dive,min=1,max=20"`
//
// All rules of [validator] for a single value can be used. A rule after dive applies to
// each item of a list. min, max, len, gt, gte, lt and lte count the characters of text,
// the items of a list and the bytes of a []byte, and compare numbers. A null value
// passes every rule; the store checks required. An empty string fails email and similar
// rules unless omitempty precedes them.
//
// # Change the texts
//
// A client gets a text for each column that breaks a rule. With
// application/problem+json it gets the columns in the member errors, each with the name
// of the rule, so a form can use its own texts. To change the texts on the server,
// embed a [Validator] and override its Check, as in the example of [Validator]. The
// text of required comes from the store and bypasses Check.
//
// # Rules over several columns
//
// Write a hook that returns a [store.ValidationError], as in its example. Clients get
// the same answer as for single columns.
//
// # Limits
//
// Rules that compare fields (eqfield, required_if, ...) are rejected; use a hook. Rules
// that access the server's files or the network (file, dir, tcp_addr, ...) are rejected
// because a client chooses the value. A [store.Decimal] is compared as float64.
//
// [validator]: https://pkg.go.dev/github.com/go-playground/validator/v10
package validate
