using MarketingSwarm.Engine.Archives;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    private const string TakeAnother = "Copy the file again from where it came, or export it again with Export-SwarmConversation -Path.";
    private const string ArchiveShape = "An archive is what Export-SwarmConversation -Path or the migration plan's export_sqlite_data.py writes: {\"export_date\": …, \"conversations\": […], \"total_count\": …}, or NDJSON with one row a line.";

    internal static SwarmArchiveException ArchiveNotFound(string path) => Archive(
        $"There is no archive '{path}'.", "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmArchiveException ArchiveFormatUnknown(string path) => Archive(
        $"The name '{path}' does not tell the archive's format; it ends with none of .json, .ndjson, .jsonl, each with or without .gz.",
        "Name it so, or give -Format Json or -Format Ndjson.", path);

    internal static SwarmArchiveException ArchiveIsFolder(string path) => Archive(
        $"'{path}' is a folder; an archive file is expected.", "Name the file in it.", path);

    internal static SwarmArchiveException ArchiveNotReadable(string path, string reason, Exception? inner = null) => Archive(
        $"'{path}' cannot be read: {reason.TrimEnd('.')}.", "Check that you may read the file, and that it is a file on a disk and not a pipe.", path, inner);

    internal static SwarmArchiveException ArchiveEmpty(string path) => Archive(
        $"'{path}' is empty; an archive is expected.", TakeAnother, path);

    internal static SwarmArchiveException ArchiveChecksumWrong(string path, string checksumPath, string expected, string actual) => Archive(
        $"'{path}' does not match its checksum: '{checksumPath}' says SHA-256 {expected}, and the file has {actual}.",
        $"The archive was changed or damaged after it was written. {TakeAnother}", path);

    internal static SwarmArchiveException ArchiveChecksumUnreadable(string checksumPath) => Archive(
        $"'{checksumPath}' holds no checksum: it should begin with the 64 hexadecimal digits of a SHA-256, as sha256sum writes it.",
        "Take the checksum again from where the archive came. Without one (move this file away) the archive is read unverified.", checksumPath);

    internal static SwarmArchiveException ArchiveGzipCutOff(string path, Exception inner) => Archive(
        $"'{path}' is cut off: the compressed text does not end as gzip ends it, or something else follows it.", TakeAnother, path, inner);

    internal static SwarmArchiveException ArchiveGzipDamaged(string path, Exception inner) => Archive(
        $"'{path}' cannot be decompressed: it begins as gzip does, and is damaged or cut off.", TakeAnother, path, inner);

    internal static SwarmArchiveException ArchiveNotRecognised(string path, string found) => Archive(
        $"'{path}' is not an archive of conversations: {found}.", ArchiveShape, path);

    internal static SwarmArchiveException ArchiveCutOff(ArchivePosition at) => Archive(
        $"{at}: the archive is cut off here; more was to come.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveNotJson(ArchivePosition at, string reason, Exception inner) => Archive(
        $"{at}: this is not JSON. {reason}", TakeAnother, at.Path, inner);

    internal static SwarmArchiveException ArchiveNumberNotJson(ArchivePosition at, string token, Exception inner) => Archive(
        $"{at}: {token} is no JSON; Python writes it for a number that JSON cannot hold.",
        "Export the source with Export-SwarmConversation -Path, which keeps such a number exactly.", at.Path, inner);

    internal static SwarmArchiveException ArchiveTrailingText(ArchivePosition at) => Archive(
        $"{at}: something follows the end of the archive's JSON.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveTopKeyUnknown(ArchivePosition at, string key) => Archive(
        $"{at}: an archive has no key '{key}' here; export_date, conversations, total_count and swarm are expected.", ArchiveShape, at.Path);

    internal static SwarmArchiveException ArchiveTopKeyMissing(string path, string key) => Archive(
        $"'{path}' has no '{key}'.", ArchiveShape, path);

    internal static SwarmArchiveException ArchiveValueUnexpected(ArchivePosition at, string key, string expected, string found) => Archive(
        $"{at}: for '{key}', {expected} is expected; this is {found}.", ArchiveShape, at.Path);

    internal static SwarmArchiveException ArchiveCountWrong(string path, long announced, long rows) => Archive(
        FormattableString.Invariant($"'{path}' announces {announced} rows (total_count) and has {rows}."),
        $"Rows were taken out or put in after the archive was written. {TakeAnother}", path);

    internal static SwarmArchiveException ArchiveChanged(string path, long before, long after) => Archive(
        FormattableString.Invariant($"'{path}' changed while it was read: it had {before} rows at first, then {after}."), "Let what writes to the file end, then try again.", path);

    internal static SwarmArchiveException ArchiveRowNotAnObject(ArchivePosition at, string found) => Archive(
        $"{at}: a row is expected, as a JSON object; this is {found}.", ArchiveShape, at.Path);

    internal static SwarmArchiveException ArchiveRowTooLarge(ArchivePosition at, long limit) => Archive(
        FormattableString.Invariant($"{at}: the row that begins here is longer than {limit} bytes, more than can be held in memory in one piece."),
        "Leave the row out of the archive (Export-SwarmConversation | Where-Object …) and move the database itself instead.", at.Path);

    internal static SwarmArchiveException ArchiveKeyUnknown(ArchivePosition at, string key) => Archive(
        $"{at}: '{key}' is not a column of a conversation. The columns are {ConversationTable.ColumnList}.",
        "Take the key out of the archive's rows, if what it holds may be lost.", at.Path);

    internal static SwarmArchiveException ArchiveKeyTwice(ArchivePosition at, string key) => Archive(
        $"{at}: '{key}' is there twice, and it cannot be known which is meant.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveColumnMissing(ArchivePosition at, string column) => Archive(
        $"{at}: the row has no '{column}'. Each row has all of {ConversationTable.ColumnList}; a value that is not there is null.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveValueNested(ArchivePosition at, string found) => Archive(
        $"{at}: a text, a number or null is expected; this is {found}.",
        "The columns agent_responses and conversation_metadata hold JSON as a text, in quotes. Write such a value as the text that the application stores.", at.Path);

    internal static SwarmArchiveException ArchiveNumberTooLarge(ArchivePosition at, string number, string expected) => Archive(
        $"{at}: {number} does not fit {expected}.", "A database of the application holds no such number. Correct it, or write it as a text in quotes.", at.Path);

    internal static SwarmArchiveException ArchiveTextNotUtf8(ArchivePosition at) => Archive(
        $"{at}: the text is not valid UTF-8, which JSON is written in.", "Save the archive as UTF-8, or export it again with Export-SwarmConversation -Path.", at.Path);

    internal static SwarmArchiveException ArchiveFormatNewer(string path, long format, int known) => Archive(
        FormattableString.Invariant($"'{path}' is written in format {format}; this version of MarketingSwarm reads up to {known}."),
        "Read it with the version of MarketingSwarm that wrote it, or a later one.", path);

    internal static SwarmArchiveException ArchiveCellKeyUnknown(ArchivePosition at, string key) => Archive(
        $"{at}: a cell in 'swarm' has no key '{key}'.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellIncomplete(ArchivePosition at, string key) => Archive(
        $"{at}: the cell in 'swarm' has no '{key}'.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellColumnUnknown(ArchivePosition at, string found) => Archive(
        $"{at}: a cell in 'swarm' is of a column of a conversation ({ConversationTable.ColumnList}); this is {found}.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellNotReal(ArchivePosition at, int length) => Archive(
        FormattableString.Invariant($"{at}: a real in 'swarm' is 8 bytes in base64; this one has {length}."), TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveBase64Wrong(ArchivePosition at, string found) => Archive(
        $"{at}: the cell in 'swarm' is not base64: '{found}'.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellOutOfOrder(ArchivePosition at, long row, long previous) => Archive(
        FormattableString.Invariant($"{at}: the cell belongs to row {row} (counted from 0) and follows one of row {previous}; they are expected in the rows' order."), TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellWithoutRow(string path, long row, long rows) => Archive(
        FormattableString.Invariant($"A cell in 'swarm' of '{path}' belongs to row {row} (counted from 0), and the archive has {rows} rows."), TakeAnother, path);

    internal static SwarmArchiveException ArchiveCellTwice(ArchivePosition at) => Archive(
        $"{at}: the cell is in the row and in 'swarm' as well, or twice in 'swarm', and it cannot be known which is meant.", TakeAnother, at.Path);

    internal static SwarmArchiveException ArchiveCellsNotKept(string path, string folder, string reason, Exception inner) => Archive(
        $"The cells in 'swarm' of '{path}' cannot be kept in a temporary file in '{folder}': {reason.TrimEnd('.')}.",
        "Make room in that folder, or name another one in the environment variable TMPDIR (TEMP on Windows).", path, inner);

    internal static SwarmDataException ArchiveTextNotUnicode(ArchivePosition at, string? id) => Data(
        $"{at}: the text has half of a character (a surrogate such as \\ud83d without its other half), which no UTF-8 can hold.",
        "Correct the text in the archive, or export the source again with Export-SwarmConversation -Path, which keeps its bytes.",
        conversationId: id, column: at.Column, target: at.Path);

    internal static SwarmArchiveException ArchiveExists(string path) => Archive(
        $"'{path}' is there already.", "Give another path, or -Force to replace the archive and its checksum.", path);

    internal static SwarmArchiveException ArchiveTargetIsFolder(string path) => Archive(
        $"'{path}' is a folder; the path of a file is expected.", "Add a file's name, such as conversations.json.gz.", path);

    internal static SwarmArchiveException ArchiveFolderNotFound(string path) => Archive(
        $"The folder of '{path}' does not exist.", "Make it, or check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmArchiveException ArchiveNotWritten(string path, string reason, Exception inner) => Archive(
        $"'{path}' cannot be written: {reason.TrimEnd('.')}. Nothing was put there.", "Check the folder's permissions and the room on the disk, then try again.", path, inner);
}
