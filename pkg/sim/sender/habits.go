package sender

import "github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"

// Habits are what real senders do each in their own way. The zero value is a
// sender without any, much like iTunes. Profiles are sets of them.
type Habits struct {
	// The requests and their order.
	Header           rtsp.Header // of every request
	TwoConnections   bool        // OPTIONS has a connection of its own, and no password is given on the other
	NoOptions        bool        // begins with ANNOUNCE
	ChallengeAgain   bool        // Apple-Challenge in ANNOUNCE
	AuthSetup        bool        // POST /auth-setup before ANNOUNCE
	EarlyVolume      bool        // sets the volume before RECORD
	LateRTPInfo      bool        // tells the first packet not in RECORD, but in a FLUSH after it
	Feedback         bool        // POST /feedback after RECORD
	EmptyTeardownURI bool        // "TEARDOWN  RTSP/1.0"

	// The password and the key.
	DigestUser      string // "": iTunes
	UpperCaseDigest bool   // hashes written in capitals, the inner ones too
	ReuseDigest     bool   // the answer to the first demand, for all requests
	UnpaddedKeys    bool   // base64 without "="

	// The packets.
	NoMarkerAfterFlush bool   // marks only the first packet of all
	NoClock            bool   // neither sync packets nor timing replies, as behind a firewall
	UnaskedTiming      bool   // a timing reply before the first request
	SyncFlags          uint16 // 0: those of iTunes
	ResentTwice        bool   // each resent packet
	ResentBare         bool   // without the wrapper, on the audio port
	ResentAsOne        bool   // number 1 on every wrapper
}
