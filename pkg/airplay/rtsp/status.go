package rtsp

// The status codes of RFC 2326 section 7.1.1 and RFC 9110 that an AirPlay
// receiver answers.
const (
	StatusOK                     = 200
	StatusBadRequest             = 400
	StatusUnauthorized           = 401
	StatusForbidden              = 403
	StatusNotFound               = 404
	StatusRequestTimeout         = 408
	StatusContentTooLarge        = 413
	StatusURITooLong             = 414
	StatusUnsupportedMediaType   = 415
	StatusHeaderTooLarge         = 431
	StatusNotEnoughBandwidth     = 453 // another sender plays
	StatusSessionNotFound        = 454
	StatusMethodNotValidInState  = 455
	StatusHeaderFieldNotValid    = 456
	StatusUnsupportedTransport   = 461
	StatusInternalServerError    = 500
	StatusNotImplemented         = 501
	StatusServiceUnavailable     = 503
	StatusRTSPVersionUnsupported = 505
)

var statusTexts = map[int]string{
	StatusOK:                     "OK",
	StatusBadRequest:             "Bad Request",
	StatusUnauthorized:           "Unauthorized",
	StatusForbidden:              "Forbidden",
	StatusNotFound:               "Not Found",
	StatusRequestTimeout:         "Request Timeout",
	StatusContentTooLarge:        "Content Too Large",
	StatusURITooLong:             "URI Too Long",
	StatusUnsupportedMediaType:   "Unsupported Media Type",
	StatusHeaderTooLarge:         "Request Header Fields Too Large",
	StatusNotEnoughBandwidth:     "Not Enough Bandwidth",
	StatusSessionNotFound:        "Session Not Found",
	StatusMethodNotValidInState:  "Method Not Valid in This State",
	StatusHeaderFieldNotValid:    "Header Field Not Valid for Resource",
	StatusUnsupportedTransport:   "Unsupported Transport",
	StatusInternalServerError:    "Internal Server Error",
	StatusNotImplemented:         "Not Implemented",
	StatusServiceUnavailable:     "Service Unavailable",
	StatusRTSPVersionUnsupported: "RTSP Version Not Supported",
}

// StatusText is the reason phrase of status, "Unknown" for a code that has
// none here: the phrase is never empty, because senders split on the blank.
func StatusText(status int) string {
	if text, ok := statusTexts[status]; ok {
		return text
	}
	return "Unknown"
}
