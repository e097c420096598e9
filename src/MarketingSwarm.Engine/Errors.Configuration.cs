namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    private const string UrlForms = "Write sqlite:///PATH, postgresql://USER@HOST:PORT/DATABASE or cloudsql://PROJECT:REGION:INSTANCE/DATABASE?user=USER.";

    internal static SwarmConfigurationException DatabaseNotNamed(SwarmDatabase implied) => Configuration(
        $"This writes, and no database was named. The environment implies {implied}, which is not enough to write to it.",
        "Name it: -Database PATH or URL, or hand over the object: -Database (Get-SwarmDatabase).", implied);

    internal static SwarmConfigurationException TimesReversed(DateTime since, DateTime until) => Configuration(
        FormattableString.Invariant($"-Since {since:O} is not before -Until {until:O}: no row can be between them."),
        "Give the earlier time to -Since. A time without a zone is UTC.", since);

    internal static SwarmConfigurationException PathIsUrl(string url) => Configuration(
        $"'{url}' is a URL; the path of a file is expected here.",
        "Name a database by -Database. Export-SwarmConversation and Import-SwarmConversation are joined by a pipe: Export-SwarmConversation app.db | Import-SwarmConversation $url.", url);

    internal static SwarmConfigurationException DriveNotFound(string drive) => Configuration(
        $"There is no drive '{drive}' in this session: a path or a URL is expected.",
        "A path relative to the current folder that has a colon begins with './', and a URL with its scheme: postgresql://user@host/database.", drive);

    internal static SwarmConfigurationException ArchiveNotADatabase(SwarmDatabase archive) => Configuration(
        $"'{archive.Path}' is an archive; a database is expected.",
        "Load it into a database with Import-SwarmConversation -Path, or read it with Export-SwarmConversation.", archive);

    internal static SwarmConfigurationException NameHasControlCharacter(string shown) => Configuration(
        $"{Printable(shown)} has a control character, such as a line break, that is not allowed there.",
        "Look at the name's end and at its percent signs: a text read from a file often ends with a line break. Take it off with .Trim().", Printable(shown));

    internal static SwarmConfigurationException PathNotInFileSystem(string path, string provider) => Configuration(
        $"'{path}' is a path of PowerShell's provider {provider}; a file is expected.",
        "Give a path of the file system, or change to a folder of it with Set-Location.", path);

    internal static SwarmConfigurationException UrlMalformed(string shown) => Configuration(
        $"{shown} is not a database's URL: SCHEME://… is expected.", UrlForms, shown);

    internal static SwarmConfigurationException UrlSchemeUnknown(string shown, string scheme) => Configuration(
        $"{shown}: the scheme '{scheme}' is not known; sqlite, postgresql and cloudsql are.", UrlForms, shown);

    internal static SwarmConfigurationException UrlDriverUnknown(string shown, string driver, string engine, IEnumerable<string> known) => Configuration(
        $"{shown}: '{driver}' is not a driver for {engine}; SQLAlchemy's are {string.Join(", ", known)}.",
        "Correct what stands after the scheme's '+', or leave both out: no driver of Python is used here.", shown);

    internal static SwarmConfigurationException UrlInstanceInvalid(string shown) => Configuration(
        $"{shown}: what stands before the database is not a Cloud SQL connection name: PROJECT:REGION:INSTANCE is expected.",
        "Write cloudsql://PROJECT:REGION:INSTANCE/DATABASE?user=USER; 'gcloud sql instances describe INSTANCE' shows the name as connectionName.", shown);

    internal static SwarmConfigurationException IamUserNotNamed(string shown) => Configuration(
        $"{shown}: iam=true logs in by a Google identity, and no user is named.",
        "Add user=EMAIL: the identity's address, percent-encoded (user=ann%40example.com).", shown);

    internal static SwarmConfigurationException ConnectionStringNotAccepted(string shown) => Configuration(
        "The database's name looks like a connection string of keywords; a path or a URL is expected.", UrlForms, shown);

    internal static SwarmConfigurationException UrlAmbiguous(string shown) => Configuration(
        $"{shown} can be read in two ways, since an '@' stands after the host's place.",
        "Write %40 for every '@', %2F for every '/' and %3F for every '?' of the user, the password, the database and the parameters.", shown);

    internal static SwarmConfigurationException UrlDatabaseHasSlash(string shown) => Configuration(
        $"{shown}: the database's name after the host has a '/'.", "Take off what stands after it, or write %2F if the name really has one.", shown);

    internal static SwarmConfigurationException UrlHostInvalid(string shown) => Configuration(
        $"{shown}: the host is not a name or an address.", "An IPv6 address stands in brackets: postgresql://USER@[::1]:5432/DATABASE.", shown);

    internal static SwarmConfigurationException UrlHostWithoutBrackets(string shown) => Configuration(
        $"{shown}: the host is an IPv6 address without brackets.", "Write it in brackets: postgresql://USER@[::1]:5432/DATABASE.", shown);

    internal static SwarmConfigurationException UrlSeveralHosts(string shown) => Configuration(
        $"{shown} names several hosts; one is expected.", "Name the primary server alone.", shown);

    internal static SwarmConfigurationException UrlPortInvalid(string shown, string port) => Configuration(
        // What is not a number may be a password in the port's place.
        $"{shown}: {(port.All(char.IsAsciiDigit) ? $"the port {port}" : "the text in the port's place")} is not a number from 1 to 65535.",
        "Correct it. A password stands before the host: postgresql://USER:PASSWORD@HOST:PORT/DATABASE; an IPv6 address stands in brackets.", shown);

    internal static SwarmConfigurationException UrlNotUtf8(string shown) => Configuration(
        $"{shown}: a percent-encoded part is not UTF-8.", "Encode it as UTF-8: [uri]::EscapeDataString('…').", shown);

    internal static SwarmConfigurationException UrlParametersMalformed(string shown) => Configuration(
        $"{shown}: what stands after '?' is not a list of NAME=VALUE joined by '&'.",
        "Correct it; a '?' in a user's name or a password is written %3F.", shown);

    internal static SwarmConfigurationException UrlParameterWithoutValue(string shown, string name) => Configuration(
        $"{shown}: the parameter '{name}' has no value.", $"Write {name}=VALUE, or leave it out.", shown);

    internal static SwarmConfigurationException UrlParameterRepeated(string shown, string name) => Configuration(
        $"{shown}: the parameter '{name}' is given twice.", "Give it once.", shown);

    internal static SwarmConfigurationException UrlParameterInvalid(string shown, string name, string value, string expected) => Configuration(
        $"{shown}: the parameter '{name}' is '{Printable(value)}'; expected is {expected}.", "Correct it, or leave it out.", shown);

    internal static SwarmConfigurationException UrlParameterUnknown(string shown, string name, IEnumerable<string> known) => Configuration(
        $"{shown}: the parameter '{name}' is not known. Known are {string.Join(", ", known)}.",
        "Correct its spelling (lower case counts), or leave it out.", shown);

    internal static SwarmConfigurationException UrlTlsContradicts(string shown) => Configuration(
        $"{shown}: 'ssl' and 'sslmode' contradict each other.", "Give sslmode alone.", shown);

    internal static SwarmConfigurationException PasswordSecretMalformed(string shown) => Configuration(
        $"{shown}: 'passwordSecret' is not a secret's name.",
        "Write passwordSecret=NAME (letters, digits, hyphens and underscores), or projects/PROJECT/secrets/NAME, each with /versions/NUMBER after it if not the latest is wanted.", shown);

    internal static SwarmConfigurationException TlsFileNotFound(string shown, string name, string path) => Configuration(
        $"{shown}: there is no file '{path}', which '{name}' names.", "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmConfigurationException TlsFileInvalid(string name, string path, string reason, Exception? inner) => Configuration(
        $"The file '{path}', which '{name}' names, cannot be used: {reason}",
        "A PEM file is expected: -----BEGIN CERTIFICATE----- for sslrootcert and sslcert, -----BEGIN PRIVATE KEY----- for sslkey.", path, inner);

    internal static SwarmConfigurationException SqliteInMemory(string shown) => Configuration(
        $"{shown} is a SQLite database in memory, which exists in the process that made it only.", "Name a file: sqlite:///PATH.", shown);

    internal static SwarmConfigurationException SqliteUrlHasHost(string shown, string rest) => Configuration(
        $"{shown}: SQLite has no host, user or port; two slashes stand before one.",
        rest.Contains('@', StringComparison.Ordinal) || rest.Contains(':', StringComparison.Ordinal)
            ? "Write three slashes before a relative path and four before an absolute one."
            : $"Write sqlite:///{rest} for a relative path and sqlite:////{rest} for an absolute one.", shown);

    internal static SwarmConfigurationException SqliteUriNotSaid(string shown) => Configuration(
        $"{shown}: the path begins with 'file:', and SQLAlchemy takes that as a part of the file's name.",
        "Add 'uri=true' to the parameters, or take 'file:' away.", shown);

    internal static SwarmConfigurationException SqliteImmutable(string shown) => Configuration(
        $"{shown}: 'immutable' is refused: SQLite then does not look into the -wal file, and the rows that are only there would be lost.",
        "Take it away; 'mode=ro' opens the file for reading only.", shown);

    internal static SwarmConfigurationException SqliteParameterRefused(string shown, string name) => Configuration(
        $"{shown}: '{name}' is refused: without SQLite's own locks a file in use cannot be read reliably.", "Take it away.", shown);

    internal static SwarmConfigurationException EnvironmentVariableMissing(string name, string where) => Configuration(
        $"The environment says Cloud Run, and {where}.",
        $"Set {name} (PROJECT:REGION:INSTANCE), or name the database: -Database PATH or URL.", name);

    internal static SwarmConfigurationException InstanceNameInvalid(string value, string origin) => Configuration(
        $"'{Printable(value)}' ({origin}) is not a Cloud SQL connection name: PROJECT:REGION:INSTANCE is expected.",
        "'gcloud sql instances describe INSTANCE' shows it as connectionName.", origin);

    internal static SwarmConfigurationException EnvironmentVariableHasControlCharacter(string origin) => Configuration(
        $"The value of {origin} has a control character, such as a line break.", "Set it without; a secret made with <<< ends with a line break.", origin);

    internal static SwarmConfigurationException EnvironmentFileNotFound(string path) => Configuration(
        $"There is no file '{path}'.", "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmConfigurationException EnvironmentFileNotReadable(string path, string reason, Exception inner) => Configuration(
        $"The file '{path}' cannot be read: {reason}", "Check its rights, or name the database: -Database PATH or URL.", path, inner);

    internal static SwarmConfigurationException EnvironmentFileInvalid(string path, int? line, string reason) => Configuration(
        $"'{path}'{(line is { } number ? FormattableString.Invariant($", line {number}") : "")}: {reason}.",
        "Correct it: a line is NAME=value, NAME=\"value\" or NAME='value'.", path);

    internal static SwarmConfigurationException EnvironmentFileNamesNoDatabase(string path) => Configuration(
        $"'{path}' names no database: it sets neither DATABASE_URL nor INSTANCE_CONNECTION_NAME.", "Add one of them, or name the database: -Database PATH or URL.", path);

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
