package problem

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// entry holds the status and the default text of a code.
type entry struct {
	status  int
	message string
}

// statusClientGone is nginx's status for a client disconnect; HTTP has none.
const statusClientGone = 499

// genericMessage is the text of every internal error.
const genericMessage = "The server could not answer this request."

// table maps a code to its status and its default text. Nothing writes to it.
//
// a constant that the language cannot express
var table = map[string]entry{
	Unreachable:       {http.StatusServiceUnavailable, "The database cannot be reached."},
	DatabaseClient:    {http.StatusServiceUnavailable, "The database connection failed."},
	NotReady:          {http.StatusServiceUnavailable, "The server is not ready yet."},
	PoolTimeout:       {http.StatusGatewayTimeout, "No database connection came free in time."},
	BadQuery:          {http.StatusBadRequest, "A query parameter could not be parsed."},
	RPCMethod:         {http.StatusMethodNotAllowed, "Functions are called with GET, HEAD or POST."},
	BadBody:           {http.StatusBadRequest, "The body is empty or not valid."},
	BadRange:          {http.StatusRequestedRangeNotSatisfiable, "Requested range not satisfiable"},
	PutFilter:         {http.StatusMethodNotAllowed, "Filters must include all and only primary key columns with 'eq' operators"},
	UnknownSchema:     {http.StatusNotAcceptable, "The schema is not exposed."},
	NotAcceptable:     {http.StatusNotAcceptable, "None of the requested media types are available."},
	NotEmbedded:       {http.StatusBadRequest, "The relation is filtered or ordered by but not part of 'select'."},
	PutLimit:          {http.StatusBadRequest, "limit/offset querystring parameters are not allowed for PUT"},
	PutMismatch:       {http.StatusBadRequest, "Payload values do not match URL in primary key column(s)"},
	NotSingular:       {http.StatusNotAcceptable, "Cannot coerce the result to a single JSON object"},
	UnknownMethod:     {http.StatusMethodNotAllowed, "The HTTP method is not supported."},
	OrderNotToOne:     {http.StatusBadRequest, "Only a relation to one row can be ordered by."},
	EmbedOperator:     {http.StatusBadRequest, "Only is null or not is null filters are allowed on embedded resources"},
	BadPreference:     {http.StatusBadRequest, "Invalid preferences given with handling=strict"},
	AggregatesOff:     {http.StatusBadRequest, "Use of aggregate functions is not allowed"},
	MaxAffected:       {http.StatusBadRequest, "Query result exceeds max-affected preference constraint"},
	UnknownPath:       {http.StatusNotFound, "Invalid path specified in request URL"},
	RootDisabled:      {http.StatusNotFound, "Root endpoint metadata is disabled"},
	NotImplemented:    {http.StatusBadRequest, "Feature not implemented"},
	MaxAffectedRPC:    {http.StatusBadRequest, "The max-affected preference needs a function that returns rows."},
	NoRelation:        {http.StatusBadRequest, "Could not find a relationship between the resources."},
	AmbiguousRelation: {http.StatusMultipleChoices, "Could not embed because more than one relationship was found."},
	UnknownFunction:   {http.StatusNotFound, "Could not find the function."},
	AmbiguousFunction: {http.StatusMultipleChoices, "Could not choose the best candidate function."},
	UnknownColumn:     {http.StatusBadRequest, "Could not find the column."},
	UnknownTable:      {http.StatusNotFound, "Could not find the table."},
	NoTokenKey:        {http.StatusInternalServerError, "The server cannot verify tokens."},
	BadToken:          {http.StatusUnauthorized, "The token is not valid."},
	AnonymousOff:      {http.StatusUnauthorized, "Anonymous access is disabled"},
	BadClaims:         {http.StatusUnauthorized, "The token is expired or not meant for this server."},

	CardinalityViolation: {http.StatusBadRequest, "The statement touches more rows than it may."},
	NumericOutOfRange:    {http.StatusBadRequest, "The number is out of range."},
	InvalidDatetime:      {http.StatusBadRequest, "The date or time is not valid."},
	InvalidText:          {http.StatusBadRequest, "The value is not valid for its type."},
	ReadOnly:             {http.StatusMethodNotAllowed, "A read may not change data."},
	NotNull:              {http.StatusBadRequest, "A value is missing that must be present."},
	ForeignKey:           {http.StatusConflict, "A referenced row does not exist, or the row is still referenced."},
	Unique:               {http.StatusConflict, "A row with this key already exists."},
	Check:                {http.StatusBadRequest, "The row breaks a rule of its table."},
	Serialization:        {http.StatusConflict, "The rows were changed by another request at the same time."},
	Deadlock:             {http.StatusConflict, "The rows were changed by another request at the same time."},
	Denied:               {http.StatusForbidden, "Permission denied."},
	UndefinedColumn:      {http.StatusBadRequest, "The column does not exist."},
	UndefinedFunction:    {http.StatusNotFound, "The function does not exist."},
	UndefinedTable:       {http.StatusNotFound, "The table does not exist."},
	StatementTimeout:     {http.StatusBadRequest, "The statement took longer than the statement time limit."},
	Internal:             {http.StatusInternalServerError, genericMessage},

	LimitExceeded:      {http.StatusBadRequest, "The request exceeds a limit of this server."},
	Validation:         {http.StatusBadRequest, "A value is not valid."},
	NotWritable:        {http.StatusBadRequest, "A column cannot be written."},
	BadCursor:          {http.StatusBadRequest, "The cursor is not valid."},
	BadRequestKey:      {http.StatusBadRequest, "The Idempotency-Key cannot be honoured."},
	Unauthenticated:    {http.StatusUnauthorized, "A credential is required."},
	CrossOrigin:        {http.StatusForbidden, "The request comes from a page of another origin."},
	NotFound:           {http.StatusNotFound, "The row was not found."},
	Conflict:           {http.StatusConflict, "Another request is changing the same thing; try again."},
	PreconditionFailed: {http.StatusPreconditionFailed, "The row has changed since it was read."},
	BodyTooLarge:       {http.StatusRequestEntityTooLarge, "The body is too large."},
	URLTooLong:         {http.StatusRequestURITooLong, "The URL is too long."},
	MediaType:          {http.StatusUnsupportedMediaType, "The media type of the body is not supported."},
	Misdirected:        {http.StatusMisdirectedRequest, "This server does not answer for the requested host."},
	RequestKeyReused:   {http.StatusUnprocessableEntity, "The Idempotency-Key was given to another request."},
	TooManyRequests:    {http.StatusTooManyRequests, "Too many requests; wait a while."},
	HeaderTooLarge:     {http.StatusRequestHeaderFieldsTooLarge, "The header is too large."},
	ClientGone:         {statusClientGone, "The client closed the request."},
	Unavailable:        {http.StatusServiceUnavailable, "The service is temporarily unavailable."},
	RequestTimeout:     {http.StatusGatewayTimeout, "The request took longer than this server takes for one."},
}

// lookup returns the entry of a code of any surface.
func lookup(code string) (e entry, ok bool) {
	if e, ok = table[code]; !ok {
		e, ok = authTable[code]
	}
	return e, ok
}

// Codes returns every code of the REST surface, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(table)) }

// AuthCodes returns every code of the auth surface, sorted.
func AuthCodes() []string { return slices.Sorted(maps.Keys(authTable)) }

// Status returns the HTTP status of a code. A denial is 401 for an unauthenticated caller.
// A code of five characters outside the table gets the status of its SQLSTATE class; any
// other unknown code is 500.
func Status(code string, authenticated bool) int {
	if code == Denied && !authenticated {
		return http.StatusUnauthorized
	}
	if e, ok := lookup(code); ok {
		return e.status
	}
	if status, ok := sqlStateStatus(code); ok {
		return status
	}
	return http.StatusInternalServerError
}

// sqlStateStatus returns the status of a SQLSTATE class, as PostgREST does.
func sqlStateStatus(code string) (int, bool) {
	if !isSQLState(code) {
		return 0, false
	}
	switch code[:2] {
	case "PT":
		status, err := strconv.Atoi(code[2:])
		if err != nil || status < 400 || status > 599 {
			return http.StatusInternalServerError, true
		}
		return status, true
	case "08", "53":
		return http.StatusServiceUnavailable, true
	case "0L", "0P", "28":
		return http.StatusForbidden, true
	case "09", "25", "40", "54", "55", "57", "58", "XX":
		return http.StatusInternalServerError, true
	}
	return http.StatusBadRequest, true
}

func isSQLState(code string) bool {
	if len(code) != 5 || code[:2] == "PL" {
		return false
	}
	for _, c := range []byte(code) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
