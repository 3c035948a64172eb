package raop

import "strconv"

// ServiceType is the mDNS service under which receivers are announced.
const ServiceType = "_raop._tcp"

// TXTOptions are the parts of the TXT record that differ between receivers.
type TXTOptions struct {
	Model    string // am: senders pick an icon by it; not empty, no Apple product
	Firmware string // fv: any version text
	Password bool   // pw: senders ask for one before they connect
}

// TXT is the strings of the TXT record: those of an AirPort Express of the first
// generation that also accepts unencrypted sound.
func TXT(o TXTOptions) []string {
	return []string{
		"txtvers=1",
		"ch=2", "sr=44100", "ss=16",
		"cn=0,1", // L16, ALAC
		"et=0,1", // none, RSA: all others need secrets that Apple keeps
		"ek=1",
		"tp=UDP",
		"md=0,1,2", // text, artwork, progress
		"pw=" + strconv.FormatBool(o.Password),
		"sf=0x4", // ready, no pairing, no PIN
		"da=true", "sv=false", "sm=false",
		"vn=65537", "vs=" + serverVersion,
		"am=" + o.Model,
		"fv=" + o.Firmware,
	}
}

// serverVersion is that of an AirPort Express: with a higher one senders expect
// AirPlay 2.
const serverVersion = "105.1"
