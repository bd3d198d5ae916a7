package main

// Refusal is the reason why the bank does not do something. A page shows it at the field, and
// the REST API sends it with the code.
type Refusal struct {
	Field string // of the form
	Code  string // "PT" and the status
	Text  string
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

// Problem returns the code, by which the REST API answers.
func (r *Refusal) Problem() string { return r.Code }

// ProblemText returns the text for clients.
func (r *Refusal) ProblemText() (message, details, hint string) { return r.Text, r.Field, "" }

// Reasons to refuse a transfer.
var (
	errAmount     = &Refusal{"amount", "PT400", "The amount must be more than zero."}
	errMaxAmount  = &Refusal{"amount", "PT400", "The highest amount is a million euros."}
	errFrom       = &Refusal{"from", "PT404", "You have no such account."}
	errTo         = &Refusal{"to", "PT404", "There is no account with this number."}
	errSame       = &Refusal{"to", "PT400", "This is the account that the money comes from."}
	errFunds      = &Refusal{"amount", "PT409", "The account has too little money."}
	errLimit      = &Refusal{"amount", "PT409", "This is above what is left of your limit for a day. The page Limits shows it."}
	errDailyLimit = &Refusal{"amount", "PT409", "This is above your limit for a day. Raise it first, on the page Limits."}
	errStepUp     = &Refusal{"code", "PT403", "This needs your second factor."}
	errKey        = &Refusal{"key", "PT422", "Another transfer has this key."}
	errKeySpace   = &Refusal{"key", "PT400", "A key has at most 80 characters, and no spaces."}
	errPast       = &Refusal{"first_on", "PT400", "This day is over."}
	errReversed   = &Refusal{"reason", "PT409", "This transfer is reversed already."}
	errLimitRange = &Refusal{"limit", "PT400", "The limit is from 0 to 10,000 euros."}
	errOwn        = &Refusal{"reason", "PT403", "Transfers of your own accounts are reversed by others."}
	errReversal   = &Refusal{"reason", "PT409", "A reversal cannot be reversed."}
)
