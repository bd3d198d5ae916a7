package problem

// Codes of PostgREST. The comment of each gives its status.
const (
	Unreachable       = "PGRST000" // 503, the database cannot be reached
	DatabaseClient    = "PGRST001" // 503, the database client failed
	NotReady          = "PGRST002" // 503, the schema is not loaded yet
	PoolTimeout       = "PGRST003" // 504, no database connection came free in time
	BadQuery          = "PGRST100" // 400, a query parameter does not parse
	RPCMethod         = "PGRST101" // 405, a verb that functions do not have
	BadBody           = "PGRST102" // 400, the body is not what was asked for
	BadRange          = "PGRST103" // 416, limit and offset leave the result
	PutFilter         = "PGRST105" // 405, PUT without exactly the primary key as filter
	UnknownSchema     = "PGRST106" // 406, the profile is not exposed
	NotAcceptable     = "PGRST107" // 406, none of the accepted media types is produced
	NotEmbedded       = "PGRST108" // 400, a filter or order on a relation outside select
	PutLimit          = "PGRST114" // 400, PUT with limit or offset
	PutMismatch       = "PGRST115" // 400, PUT with a body that differs from its filter
	NotSingular       = "PGRST116" // 406, one row was requested, the result has another number
	UnknownMethod     = "PGRST117" // 405, a verb that no resource has
	OrderNotToOne     = "PGRST118" // 400, order by a relation of many rows
	EmbedOperator     = "PGRST120" // 400, an embed is compared with something other than null
	BadPreference     = "PGRST122" // 400, an unknown preference under handling=strict
	AggregatesOff     = "PGRST123" // 400, aggregates are not enabled
	MaxAffected       = "PGRST124" // 400, max-affected was exceeded
	UnknownPath       = "PGRST125" // 404, no resource has this path
	RootDisabled      = "PGRST126" // 404, the root document is off
	NotImplemented    = "PGRST127" // 400, a part of the grammar this server does not have
	MaxAffectedRPC    = "PGRST128" // 400, max-affected on a function of one value
	NoRelation        = "PGRST200" // 400, no such relation
	AmbiguousRelation = "PGRST201" // 300, more than one relation fits
	UnknownFunction   = "PGRST202" // 404, no such function or arguments
	AmbiguousFunction = "PGRST203" // 300, more than one function fits
	UnknownColumn     = "PGRST204" // 400, a column of the payload is unknown
	UnknownTable      = "PGRST205" // 404, no such table
	NoTokenKey        = "PGRST300" // 500, the server has no key to verify tokens with
	BadToken          = "PGRST301" // 401, the token cannot be decoded or verified
	AnonymousOff      = "PGRST302" // 401, anonymous access is disabled
	BadClaims         = "PGRST303" // 401, a claim is wrong or the token has expired
)

// SQLSTATE codes, the same on both engines.
const (
	CardinalityViolation = "21000" // 400, also a write that needs a filter
	NumericOutOfRange    = "22003" // 400
	InvalidDatetime      = "22007" // 400
	InvalidText          = "22P02" // 400, text that is no value of its column's type
	ReadOnly             = "25006" // 405, a write in a read-only transaction
	NotNull              = "23502" // 400
	ForeignKey           = "23503" // 409
	Unique               = "23505" // 409
	Check                = "23514" // 400
	Serialization        = "40001" // 409, lost against a concurrent transaction
	Deadlock             = "40P01" // 409
	Denied               = "42501" // 403 for a caller who is known, else 401
	UndefinedColumn      = "42703" // 400, a column in a filter, select or order is unknown
	UndefinedFunction    = "42883" // 404
	UndefinedTable       = "42P01" // 404
	StatementTimeout     = "57014" // 400, see the package comment
	Internal             = "XX000" // 500, the text is always the generic one
)

// Codes of our own, where neither PostgREST nor PostgreSQL has one. A number from
// 400 on is the status; below 100 it only counts, and the status is 400.
const (
	LimitExceeded      = "PL001" // 400, a limit of the server, named by the message
	Validation         = "PL002" // 400, a value breaks a rule of its model
	NotWritable        = "PL003" // 400, a read-only or create-only column was sent
	BadCursor          = "PL004" // 400, a cursor that this server did not make
	BadRequestKey      = "PL005" // 400, an Idempotency-Key that cannot be honoured
	Unauthenticated    = "PL401" // 401, no credential, or one that is no token
	CrossOrigin        = "PL403" // 403, a cross-origin request with a cookie
	NotFound           = "PL404" // 404, no row of this key that the caller may see
	Conflict           = "PL409" // 409, the row or request is being changed by another
	PreconditionFailed = "PL412" // 412, If-Match names another version
	BodyTooLarge       = "PL413" // 413
	URLTooLong         = "PL414" // 414
	MediaType          = "PL415" // 415
	Misdirected        = "PL421" // 421, this server does not answer for that host
	RequestKeyReused   = "PL422" // 422, an Idempotency-Key of another request
	TooManyRequests    = "PL429" // 429, the caller exceeds a limit
	HeaderTooLarge     = "PL431" // 431, too many header fields, or too large ones
	ClientGone         = "PL499" // 499, the client has disconnected
	Unavailable        = "PL503" // 503, a part the request needs is down or stopping
	RequestTimeout     = "PL504" // 504, the time of the whole request was over
)
