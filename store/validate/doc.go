// Package validate checks values against the rules of validate tags, with
// go-playground/validator.
//
//	db, err := sqlite.Open(ctx, "shop.db", &sqlite.Options{
//		Store: store.Options{Validator: validate.New()},
//	})
//
// The rules of a field stand in its tag, separated by commas:
//
//	Title string   `validate:"required,max=200"`
//	Email *string  `validate:"omitempty,email"`
//	Tags  []string `validate:"max=10,unique,dive,min=1,max=20"`
//
// All rules of [validator] that judge one value can be used. A rule after dive
// judges each item of a list. min, max, len, gt, gte, lt and lte count the
// characters of text, the items of a list and the bytes of a []byte, and compare
// numbers. A value that is null passes every rule; required is judged by the
// store. An empty string does not pass email and the like, unless omitempty
// stands before.
//
// # Texts of one's own
//
// A client reads a text for each column that breaks a rule. One that accepts
// application/problem+json besides application/json finds the columns one by one in the
// member errors, with the name of the rule, by which a form may choose words itself. To say the texts here, embed a [Validator] and override its
// Check; the example of [Validator] does. What is missing is told by the store, in words
// that do not pass Check: its rule is required.
//
// # Rules over several columns
//
// They are a hook that returns a [store.ValidationError], which has an example:
// clients are told as they are of single columns.
//
// # Limits
//
// Rules that compare with other fields (eqfield, required_if, ...) are refused:
// they are for a hook, see above. So are rules that look at the server's files or ask
// the network (file, dir, tcp_addr, ...), because a client chooses the value.
// A [store.Decimal] is compared as float64.
//
// [validator]: https://pkg.go.dev/github.com/go-playground/validator/v10
package validate
