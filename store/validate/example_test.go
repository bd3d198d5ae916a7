package validate_test

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

func ExampleNew() {
	opts := store.Options{Validator: validate.New()}

	fmt.Println(opts.Validator.Check("an apple a day", "max=10"))
	fmt.Println(opts.Validator.Check([]string{"red", "dark green"}, "max=5,dive,max=6"))
	fmt.Println(opts.Validator.Check(12, "min=1,max=10"))
	// Output:
	// max must be at most 10 characters
	// max item 2: must be at most 6 characters
	// max must be at most 10
}

// german says in German what clients see most, and leaves the other texts as they are.
type german struct{ *validate.Validator }

func (g german) Check(value any, rules string) (rule, text string) {
	rule, text = g.Validator.Check(value, rules)
	switch rule {
	case "email":
		text = "muss eine E-Mail-Adresse sein"
	case "max":
		text = "ist zu lang oder zu groß"
	}
	return rule, text
}

// Texts of one's own: the rules stay those of the Validator, and so does what it says of
// mistakes in tags at start, since the methods that are not overridden are embedded.
func ExampleValidator() {
	opts := store.Options{Validator: german{validate.New()}} // or in plinth.Config: Postgres.Store, SQLite.Store

	fmt.Println(opts.Validator.Check("nobody", "email"))
	fmt.Println(opts.Validator.Check("an apple a day", "max=10"))
	fmt.Println(opts.Validator.Check(0, "min=1"))
	// Output:
	// email muss eine E-Mail-Adresse sein
	// max ist zu lang oder zu groß
	// min must be at least 1
}
