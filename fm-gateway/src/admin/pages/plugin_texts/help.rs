//! What settings do.

/// English and German.
pub const HELP: &[(&str, &str)] = &[
    ("Whose tokens are believed, as their claim iss names it", "Wessen Token geglaubt wird, wie ihr Claim iss ihn nennt"),
    (
        "Where the issuer's keys are; if it is not said, its OpenID configuration names it",
        "Wo die Schlüssel des Ausstellers liegen; ohne Angabe nennt es seine OpenID-Konfiguration",
    ),
    ("A token must be meant for one of these (claim aud)", "Ein Token muss für einen davon bestimmt sein (Claim aud)"),
    (
        "Signatures that are taken; never none, never those of a shared secret",
        "Signaturen, die angenommen werden; nie none, nie die eines gemeinsamen Geheimnisses",
    ),
    (
        "What a token may say that it is (typ); none is a token that does not say it. at+jwt alone are access tokens (RFC 9068)",
        "Was ein Token von sich sagen darf (typ); none steht für eines, das nichts sagt. Nur at+jwt sind Zugriffstoken (RFC 9068)",
    ),
    ("Has one role or a list; dots lead into objects", "Hat eine Rolle oder eine Liste; Punkte führen in Objekte"),
    (
        "What roles of the issuer are called here; others do not count. If it is not said, they are called as there",
        "Wie Rollen des Ausstellers hier heißen; andere zählen nicht. Ohne Angabe heißen sie wie dort",
    ),
    (
        "Claims by the names of the headers that tell them; only those that no client can send",
        "Claims nach den Namen der Header, die sie mitteilen; nur solche, die kein Client senden kann",
    ),
    ("Tells the service the roles, separated by commas", "Teilt dem Dienst die Rollen mit, durch Kommas getrennt"),
    ("The service gets what Authorization says, too", "Der Dienst erhält auch, was Authorization sagt"),
    (
        "How far the clocks of issuer and gateway may differ; 5m at most",
        "Wie weit die Uhren von Aussteller und Gateway abweichen dürfen; höchstens 5m",
    ),
    ("Keys that are older are fetched again, while they are used", "Ältere Schlüssel werden erneut geholt, während sie gelten"),
    ("The keys are not fetched sooner, whatever tokens name", "Die Schlüssel werden nicht früher geholt, was immer Token nennen"),
    (
        "How long known keys count while the issuer is unreachable",
        "Wie lange bekannte Schlüssel gelten, während der Aussteller nicht erreichbar ist",
    ),
    ("For a fetch, and for requests that wait for one", "Für einen Abruf und für Anfragen, die auf einen warten"),
    (
        "Takes keys over http://, too: whoever can change what passes there can let anybody in",
        "Nimmt Schlüssel auch über http:// an: wer dort etwas ändern kann, kann jeden hereinlassen",
    ),
    (
        "Certificates (PEM) that the issuer's is signed by, instead of those that browsers believe",
        "Zertifikate (PEM), die das des Ausstellers unterschrieben haben, statt derer, denen Browser glauben",
    ),
    ("Asks its running instances", "Fragt seine laufenden Instanzen"),
    ("Asks http://host:port instead", "Fragt stattdessen http://host:port"),
    (
        "What is asked: GET with this path; 2xx lets the request pass, 401 and 403 refuse it",
        "Was gefragt wird: GET mit diesem Pfad; 2xx lässt die Anfrage passieren, 401 und 403 lehnen sie ab",
    ),
    ("For the whole question; then the request is refused, too", "Für die ganze Frage; danach wird die Anfrage auch abgelehnt"),
    ("Headers of the request that the question has", "Header der Anfrage, die die Frage hat"),
    (
        "Headers of the answer that the service behind gets; those that no client can send",
        "Header der Antwort, die der Dienst dahinter bekommt; solche, die kein Client senden kann",
    ),
    (
        "Gets the share; when it has no instance, the one that discovery has found gets all",
        "Erhält den Teil; hat er keine Instanz, erhält der, den discovery gefunden hat, alles",
    ),
    ("The share of requests that do not say themselves where they go", "Der Teil der Anfragen, die nicht selbst sagen, wohin sie gehen"),
    (
        "Who goes the same way each time: a user (an address, if nobody is known), a browser by the cookie, or nobody",
        "Wer jedes Mal denselben Weg geht: eine Person (eine Adresse, wenn niemand bekannt ist), ein Browser durch das Cookie, oder niemand",
    ),
    (
        "A request in which it says always or never goes there or does not",
        "Eine Anfrage, in der er always oder never sagt, geht dorthin oder nicht",
    ),
    ("Says always or never likewise; the header comes first", "Sagt ebenso always oder never; der Header geht vor"),
    ("Without a document", "Ohne Dokument"),
    ("Not in the document", "Nicht im Dokument"),
    (
        "Requests are compared with the OpenAPI document of its instances",
        "Anfragen werden mit dem OpenAPI-Dokument seiner Instanzen verglichen",
    ),
    (
        "What happens to requests while no instance has given a document",
        "Was mit Anfragen geschieht, solange keine Instanz ein Dokument geliefert hat",
    ),
    (
        "What happens to requests whose path or method the document does not have",
        "Was mit Anfragen geschieht, deren Pfad oder Methode das Dokument nicht hat",
    ),
    (
        "The largest JSON body that is taken; it is read before it is sent on",
        "Der größte JSON-Body, der angenommen wird; er wird gelesen, bevor er weitergeht",
    ),
    ("Until a JSON body is here", "Bis ein JSON-Body da ist"),
    ("Identity", "Identität"),
    ("Gets the copies; while it has no instance there are none", "Erhält die Kopien; solange er keine Instanz hat, gibt es keine"),
    ("The share of requests that are copied", "Der Teil der Anfragen, die kopiert werden"),
    (
        "Whether copies have what says who asks: tokens, cookies and what the gateway says of the client. With it they do what the requests do",
        "Ob Kopien haben, was sagt, wer anfragt: Token, Cookies und was das Gateway über den Client sagt. Damit bewirken sie, was die Anfragen bewirken",
    ),
    ("Requests with a larger body are not copied", "Anfragen mit einem größeren Body werden nicht kopiert"),
    ("So many copies may be under way; more are left out", "So viele Kopien dürfen unterwegs sein; weitere entfallen"),
    ("For a copy and its answer", "Für eine Kopie und ihre Antwort"),
    ("The last so many requests count", "So viele der letzten Anfragen zählen"),
    ("Fewer of them say nothing", "Weniger davon sagen nichts"),
    (
        "The circuit opens when so many were answered 5xx or slowly",
        "Der Stromkreis öffnet sich, wenn so viele mit 5xx oder langsam beantwortet wurden",
    ),
    (
        "An answer whose head comes later counts as a failure; none is slow if it is not said",
        "Eine Antwort, deren Kopf später kommt, zählt als Fehler; ohne Angabe ist keine langsam",
    ),
    (
        "How long requests are refused before some try it out; 1h at most",
        "Wie lange Anfragen abgelehnt werden, bevor einige es versuchen; höchstens 1h",
    ),
    (
        "So many requests try it out; when all are well the circuit closes, when one is not it opens again",
        "So viele Anfragen versuchen es; gelingen alle, schließt sich der Stromkreis, scheitert eine, öffnet er sich wieder",
    ),
    (
        "From here to the end of the answer; event streams and WebSockets count as long as they last",
        "Von hier bis zum Ende der Antwort; Ereignisströme und WebSockets zählen, solange sie dauern",
    ),
    (
        "Counts all requests of the route together, each address (the first half of one of IPv6), or each user (addresses of those who are not known)",
        "Zählt alle Anfragen der Route zusammen, jede Adresse (bei IPv6 ihre erste Hälfte) oder jede Person (Adressen, wenn sie nicht bekannt ist)",
    ),
    ("What those are told who are refused; 1s to 1h", "Was denen gesagt wird, die abgelehnt werden; 1s bis 1h"),
    (
        "Tells the service who asks; one of those that are taken out of every request, so that no client can send it",
        "Sagt dem Dienst, wer anfragt; einer von denen, die aus jeder Anfrage entfernt werden, sodass kein Client ihn senden kann",
    ),
    (
        "The SHA-256 of its key in hexadecimal for each client by its name; a list while a client changes its key. `fm-gateway secret key` makes one",
        "Der SHA-256 des Schlüssels in hexadezimaler Form für jeden Client nach seinem Namen; eine Liste, solange ein Client seinen Schlüssel wechselt. `fm-gateway secret key` erzeugt einen",
    ),
    ("The header of the request that has the key", "Der Header der Anfrage, der den Schlüssel hat"),
    (
        "Takes the key from this parameter, too; addresses are kept in logs of others, so prefer the header",
        "Nimmt den Schlüssel auch aus diesem Parameter; Adressen stehen in Protokollen anderer, darum ist der Header vorzuziehen",
    ),
    (
        "The argon2id hash of the password of each user by name; `fm-gateway secret password` makes one",
        "Der Hash (argon2id) des Passworts für jeden Benutzer nach Namen; `fm-gateway secret password` erzeugt einen",
    ),
    ("What browsers show when they ask for the password", "Was Browser zeigen, wenn sie nach dem Passwort fragen"),
    (
        "structured: fields of the log, an object per line with FM_LOG_FORMAT=json; combined: the text that web servers write",
        "structured: Felder des Protokolls, mit FM_LOG_FORMAT=json ein Objekt je Zeile; combined: der Text, den Webserver schreiben",
    ),
    (
        "Of structured lines; none named means method, host, path, status, bytes, micros, client, route, user, trace_id",
        "Von strukturierten Zeilen; ist keines genannt: method, host, path, status, bytes, micros, client, route, user, trace_id",
    ),
    (
        "Headers of the request that structured lines have too; none that may carry a secret",
        "Header der Anfrage, die strukturierte Zeilen auch haben; keine, die ein Geheimnis tragen können",
    ),
    ("The preferred one first, where a client takes several alike", "Das bevorzugte zuerst, wenn ein Client mehrere gleich gern annimmt"),
    ("What is compressed: type/subtype, type/* or *+suffix", "Was komprimiert wird: typ/untertyp, typ/* oder *+suffix"),
    ("Shorter answers stay as they are", "Kürzere Antworten bleiben, wie sie sind"),
    ("Higher levels make answers smaller and take longer", "Höhere Stufen machen Antworten kleiner und brauchen länger"),
    (
        "Lets requests without a token pass; a bad token is refused all the same",
        "Lässt Anfragen ohne Token durch; ein schlechtes Token wird trotzdem abgelehnt",
    ),
    ("One of these roles is needed; none named means any", "Eine dieser Rollen ist nötig; ist keine genannt, genügt jede"),
    ("All of these are needed", "Alle davon sind nötig"),
    (
        "The largest body from here on; max_body of the route holds all the same",
        "Der größte Inhalt ab hier; max_body der Route gilt außerdem",
    ),
    (
        "Of answers that say nothing of it; 0s: they are only kept to be validated",
        "Von Antworten, die nichts darüber sagen; 0s: sie werden nur aufbewahrt, um geprüft zu werden",
    ),
    (
        "How long a stale answer is given while it is asked for anew, where it does not say so itself",
        "Wie lange eine veraltete Antwort gegeben wird, während sie neu geholt wird, wenn sie es nicht selbst sagt",
    ),
    (
        "How long a stale answer is given while the service fails, where it does not say so itself",
        "Wie lange eine veraltete Antwort gegeben wird, während der Dienst ausfällt, wenn sie es nicht selbst sagt",
    ),
    (
        "Bytes of all answers together; the one that was not asked for longest goes first",
        "Bytes aller Antworten zusammen; die am längsten nicht verlangte geht zuerst",
    ),
    ("Bytes of one answer; larger ones pass", "Bytes einer Antwort; größere gehen durch"),
    (
        "How long a request waits for another one that asks for the same",
        "Wie lange eine Anfrage auf eine andere wartet, die dasselbe verlangt",
    ),
    (
        "scheme://host, perhaps :port, as browsers send them; * alone means any",
        "schema://host, gegebenenfalls :port, wie Browser sie senden; * allein bedeutet jeder",
    ),
    (
        "What pages may do; the route must take OPTIONS too, for preflights",
        "Was Seiten dürfen; die Route muss für Preflights auch OPTIONS annehmen",
    ),
    ("What pages may send beside the usual", "Was Seiten außer dem Üblichen senden dürfen"),
    ("What pages may read beside the usual", "Was Seiten außer dem Üblichen lesen dürfen"),
    ("Lets pages send cookies; not for any origin", "Lässt Seiten Cookies senden; nicht für jeden Ursprung"),
    ("How long browsers may keep the answer to a preflight", "Wie lange Browser die Antwort auf einen Preflight behalten dürfen"),
    (
        "The whole name that is asked for; no search domain is appended",
        "Der ganze Name, nach dem gefragt wird; keine Suchdomäne wird angehängt",
    ),
    (
        "address: A and AAAA, with the port that is named; SRV: names, ports and weights, of the lowest priority",
        "address: A und AAAA, mit dem genannten Port; SRV: Namen, Ports und Gewichte, von der niedrigsten Priorität",
    ),
    (
        "A path that each address is asked for; one that does not answer with 2xx twice in a row gets no requests until it does. Not set: only what becomes of requests counts",
        "Ein Pfad, nach dem jede Adresse gefragt wird; eine, die zweimal nacheinander nicht mit 2xx antwortet, erhält keine Anfragen, bis sie es tut. Ohne Angabe zählt nur, was aus Anfragen wird",
    ),
    ("From 100ms to 10m", "Von 100ms bis 10m"),
    ("Of addresses; SRV records say their own", "Von Adressen; SRV-Einträge nennen ihren eigenen"),
    (
        "https: the certificate must be for the name that is asked for, for SRV without _service._protocol",
        "https: das Zertifikat muss für den Namen gelten, nach dem gefragt wird, bei SRV ohne _service._protocol",
    ),
    (
        "The name is asked for anew when its time to live is over, and not before this, from 100ms to 1h; likewise after a failure",
        "Nach dem Namen wird neu gefragt, wenn seine TTL vorbei ist, und nicht vor dieser Zeit, von 100ms bis 1h; ebenso nach einem Fehler",
    ),
    (
        "What limits, budgets, metrics and operators call it, if it is not the host; routes with the same name share them",
        "Wie Grenzen, Budgets, Metriken und Betreiber ihn nennen, wenn es nicht der Host ist; Routen mit demselben Namen teilen sie",
    ),
    (
        "What limits, budgets, metrics and operators call it; routes with the same name share them",
        "Wie Grenzen, Budgets, Metriken und Betreiber ihn nennen; Routen mit demselben Namen teilen sie",
    ),
    (
        "A url, http://host:port or https://host:port, for each; perhaps its weight beside the others (1; 0: it gets nothing), its zone, and its protocol (auto, http1 or h2, as of proxy)",
        "Je eine url, http://host:port oder https://host:port; dazu vielleicht ihr Gewicht neben den anderen (weight: 1; 0: sie erhält nichts), ihre Zone (zone) und ihr Protokoll (protocol: auto, http1 oder h2, wie bei proxy)",
    ),
    ("The name under which its instances register", "Der Name, unter dem sich seine Instanzen registrieren"),
    ("Addresses and networks that may ask; none named means all", "Adressen und Netze, die anfragen dürfen; ist keines genannt, alle"),
    (
        "Addresses and networks that may not, also if they are allowed",
        "Adressen und Netze, die nicht anfragen dürfen, auch wenn sie zugelassen sind",
    ),
    (
        "What a plugin before has found, or http://host:port or https://host:port",
        "Was ein Plugin davor gefunden hat, oder http://host:port oder https://host:port",
    ),
    (
        "How many other instances are tried: GET and HEAD as long as nothing was answered, others only if nothing was sent, or the upstream says over HTTP/2 that it has not looked at them",
        "Wie viele andere Instanzen versucht werden: GET und HEAD, solange nichts geantwortet wurde, andere nur, wenn nichts gesendet wurde oder der Upstream über HTTP/2 sagt, dass er sie nicht angesehen hat",
    ),
    (
        "When a GET or HEAD that waits is sent to another instance too, within a budget; 0s: never. For routes whose answers take longer than this, name more",
        "Wann ein wartendes GET oder HEAD auch an eine andere Instanz geht, im Rahmen eines Budgets; 0s: nie. Für Routen, deren Antworten länger dauern, mehr angeben",
    ),
    ("Until the connection stands", "Bis die Verbindung steht"),
    ("From the last byte sent to the head of the answer", "Vom letzten gesendeten Byte bis zum Kopf der Antwort"),
    ("Between two pieces of the answer", "Zwischen zwei Stücken der Antwort"),
    ("Between two events, or two messages of a gRPC stream", "Zwischen zwei Ereignissen, oder zwei Nachrichten eines gRPC-Stroms"),
    (
        "auto: what the instance says in its metadata, else over TLS what both sides agree on (ALPN), else HTTP/1.1; h2: HTTP/2, in clear text by prior knowledge (h2c)",
        "auto: was die Instanz in ihren Metadaten sagt, sonst über TLS, worauf sich beide Seiten einigen (ALPN), sonst HTTP/1.1; h2: HTTP/2, unverschlüsselt ohne Aushandlung (h2c)",
    ),
    (
        "Calls of gRPC last and send as long as something moves: only the idle timeout of streams and their own deadline bound them, no other limit on time, and none on the body",
        "Aufrufe von gRPC dauern und senden, solange sich etwas bewegt: Nur das Zeitlimit von Strömen ohne Daten und ihre eigene Frist begrenzen sie, kein anderes Zeitlimit und keine Größe des Bodys",
    ),
    ("Between two pieces of the client's body", "Zwischen zwei Stücken des Inhalts vom Client"),
    (
        "For the whole request, from its head to the end of its answer, whatever moves; 0s: no limit. Event streams have none",
        "Für die ganze Anfrage, von ihrem Kopf bis zum Ende der Antwort, auch wenn Daten fließen; 0s: keines. Ereignisströme haben keines",
    ),
    ("How many requests may be under way to this upstream", "Wie viele Anfragen zu diesem Upstream unterwegs sein dürfen"),
    (
        "For a place among them; half as many may wait, the others are answered 503 at once",
        "Auf einen Platz unter diesen; halb so viele dürfen warten, die anderen erhalten sofort 503",
    ),
    ("Sends the host that the client asked for, not the instance's", "Sendet den Host, den der Client genannt hat, nicht den der Instanz"),
    (
        "Lets clients switch to WebSocket; closed when nothing comes for as long as event streams may be silent",
        "Lässt Clients zu WebSocket wechseln; geschlossen, wenn so lange nichts kommt, wie Ereignisströme schweigen dürfen",
    ),
    ("Is cut off the path", "Wird vom Pfad abgeschnitten"),
    (
        "Counts each address (the first half of one of IPv6), each user or client with credentials (addresses of those who have none), each value of a header, or all together",
        "Zählt jede Adresse (bei IPv6 ihre erste Hälfte), jede Person oder jeden Client mit Zugangsdaten (Adressen, wenn es keine gibt), jeden Wert eines Headers oder alle zusammen",
    ),
    ("Whose values are counted", "Dessen Werte gezählt werden"),
    ("1s to 1h", "1s bis 1h"),
    (
        "So many may come at once; as many as the rate if it is not said",
        "So viele dürfen auf einmal kommen; ohne Angabe so viele wie Anfragen",
    ),
    (
        "An address, or a path that begins with one /; may use ${variables}",
        "Eine Adresse oder ein Pfad, der mit einem / beginnt; darf ${Variablen} enthalten",
    ),
    (
        "301 and 308 for good, 302 and 307 for now, 303 to another thing; 307 and 308 keep the method",
        "301 und 308 auf Dauer, 302 und 307 vorläufig, 303 zu etwas anderem; 307 und 308 behalten die Methode",
    ),
    ("Appends the query of the request", "Hängt die Query der Anfrage an"),
    ("May use ${variables}", "Darf ${Variablen} enthalten"),
    ("Answers with problem+json instead of a body", "Antwortet mit problem+json statt mit einem Inhalt"),
    ("Begins with /, may use ${variables}; the query stays", "Beginnt mit /, darf ${Variablen} enthalten; die Query bleibt"),
];
