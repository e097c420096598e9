namespace MarketingSwarm.Engine.Samples;

/// <summary>The words that samples are made of. A change here changes what every seed gives.</summary>
internal static class SampleVocabulary
{
    /// <summary>Who answers in a whole conversation: three agents analyse, all six discuss in two rounds, three conclude.</summary>
    internal static readonly byte[][] Agents = Escape(
        "sarah", "marcus", "elena",
        "sarah", "marcus", "elena", "david", "priya", "alex",
        "sarah", "marcus", "elena", "david", "priya", "alex",
        "sarah", "alex", "priya");

    internal static readonly string[] Questions =
    [
        "How should we launch {0} for {1}?",
        "What's the best way to sell {0} to {1}?",
        "We want 20% more sign-ups of {0} among {1}. Where do we begin?",
        "Is \"{0}\" the right name to reach {1}, or should we rename it?",
        "Plan a Q3 campaign for {0}, aimed at {1}.",
        "Why don't {1} stay with {0} after the trial?",
        "Compare paid social & search for {0} (audience: {1}).",
        "Which channels bring {1} to {0} at a CAC < $45 and an LTV > $400?",
        "Write a positioning statement: {0} vs. 'traditional' banks, for {1}",
        "Our budget for {0} was cut in half. How do we still reach {1}?",
    ];

    internal static readonly string[] Products =
    [
        "our new robo-advisor", "a high-yield savings account", "the student card", "our B2B invoicing app", "an R&D newsletter",
        "the café loyalty programme", "a carbon-neutral portfolio", "our budgeting app", "crypto & cash in one wallet", "the family plan",
        "a pension calculator", "<Open Banking> for SMEs", "our naïve-Bayes \"smart\" alerts", "instant payouts", "the Zürich branch",
        "貯金アプリ", "micro-investing", "our premium tier",
    ];

    internal static readonly string[] Audiences =
    [
        "first-time investors", "freelancers", "parents of teenagers", "students in São Paulo", "women over 40", "CFOs of mid-size firms",
        "people who've never invested", "Gen Z 🚀", "retirees", "café & restaurant owners", "remote workers", "early adopters",
        "customers >65", "small charities", "engineers", "nurses on night shifts",
    ];

    internal static readonly string[] Details =
    [
        " We're regulated in the EU & UK, so claims need evidence.",
        " Budget: < $50k for the first 90 days.",
        " Last year's slogan was \"Money, made simple\"; it tested badly.",
        " Our main competitor's fees are >2x ours.",
        " Please avoid jargon – our readers don't know what an \"ETF\" is.",
        " We have 12,000 e-mail addresses (opt-in) and a podcast.",
        " The CEO wouldn't approve of humour.",
        " Tone: friendly, not pushy 🙂.",
    ];

    internal static readonly byte[][] Openers = Escape(
        "Based on current benchmarks, ", "From a positioning standpoint, ", "I’d push back slightly: ", "Building on that, ", "Here’s what the data says: ",
        "Before we spend a dollar, ", "Looking at the funnel, ", "In our last three launches ", "To be blunt, ", "My recommendation: ",
        "According to this quarter’s reports, ", "On the creative side, ", "For compliance reasons, ", "If we segment by intent, ", "In the first sprint, ",
        "What worries me is that ", "The quick win: ", "Longer term, ", "As the survey showed, ", "Taking everyone’s points together, ",
        "On the numbers, ", "From the customer’s side, ", "Technically, ", "One risk: ");

    private static readonly string[] SubjectTexts =
    [
        "the launch campaign", "our onboarding flow", "the referral programme", "a landing page per segment", "short-form video", "the welcome series",
        "paid search", "the pricing page", "an interactive fee calculator", "the podcast sponsorship", "our SEO backlog", "the waitlist",
        "retargeting", "a founder-led LinkedIn series", "the comparison table", "a customer story", "the app-store listing", "push messaging",
        "our attribution model", "the free tier", "a webinar with Q&A", "the “why us” page", "a creator partnership", "the help centre",
        "the churn survey", "our brand voice", "a 30-second spot", "the loyalty tier", "organic reach", "the checkout",
    ];

    internal static readonly byte[][] Subjects = Escape(SubjectTexts);

    internal static readonly byte[][] SubjectsAtStart = Escape(Array.ConvertAll(SubjectTexts, text => char.ToUpperInvariant(text[0]) + text[1..]));

    internal static readonly byte[][] Verbs = Escape(
        " should lead with ", " outperforms ", " will lift ", " depends on ", " must explain ", " cannot replace ", " has to earn ", " should be tested against ",
        " is held back by ", " pays for itself through ", " gets its reach from ", " ought to make room for ", " competes with ", " will only work with ", " doubles down on ",
        " needs proof of ", " turns into ", " would benefit from ", " moves people towards ", " shows the value of ");

    internal static readonly byte[][] Objects = Escape(
        "trust signals above the fold", "\"set it and forget it\" messaging", "plain-language fee disclosures", "testimonials from café owners", "a single, clear call to action",
        "user-generated content", "look-alike audiences", "lower acquisition cost", "the first deposit", "three A/B variants", "a risk-free trial", "social proof",
        "weekly cohorts", "first-party data", "the moment of payday", "mobile-first layouts", "retention in month two", "education before promotion",
        "peer recommendations", "transparent pricing (no small print)", "local influencers in Köln & Zürich", "a stronger offer", "search intent", "referral credit of €10",
        "brand recall", "the objection “is my money safe?”", "a narrower audience", "consistent creative", "speed to first value", "our compliance checklist");

    internal static readonly byte[][] Qualifiers = Escape(
        " within the first 90 days", " at scale", " before the holidays", " across all regions", " for the price-sensitive segment", " once tracking is in place", " in week one",
        " without raising the budget", " among returning visitors", " on mobile", " in the EU & UK", " at the top of the funnel", " after the trial", " for new accounts",
        " by the end of Q3", " in every channel", " when the message is personal", " under the current rules", " compared with last year", " in the pilot cities");

    /// <summary>Short words, many of them: without these, the text would be compressed far better than what people and models write.</summary>
    internal static readonly byte[][] Words = Escape(
        "price", "trust", "speed", "reach", "churn", "fees", "yield", "risk", "habit", "family", "growth", "safety", "status", "travel", "rent", "credit",
        "savings", "goals", "advice", "tone", "colour", "timing", "copy", "video", "audio", "print", "radio", "events", "e-mail", "SMS", "push", "chat",
        "search", "social", "display", "retail", "mobile", "desktop", "tablet", "app", "web", "store", "branch", "phone", "partners", "press", "bloggers", "analysts",
        "students", "parents", "nurses", "teachers", "founders", "owners", "traders", "renters", "commuters", "gamers", "runners", "cooks", "artists", "farmers", "drivers", "coders",
        "clicks", "views", "opens", "leads", "trials", "orders", "refunds", "upgrades", "renewals", "reviews", "ratings", "shares", "saves", "visits", "installs", "sign-ups",
        "January", "spring", "summer", "autumn", "winter", "payday", "weekends", "evenings", "holidays", "tax season", "launch day", "Black Friday", "Q1", "Q2", "Q3", "Q4",
        "Berlin", "Paris", "Madrid", "Lisbon", "Zürich", "Wien", "Oslo", "Warsaw", "Dublin", "London", "São Paulo", "Boston", "Austin", "Toronto", "東京", "Seoul",
        "privacy", "consent", "fraud", "audit", "GDPR", "MiFID", "liquidity", "volatility", "inflation", "dividends", "bonds", "funds", "ETFs", "cash", "cards", "loans");

    /// <summary>What comes before and after a number.</summary>
    internal static readonly (byte[] Before, byte[] After)[] Measures =
    [
        Around(" (about ", "% lift)"), Around(": expect ", "% conversion"), Around(", roughly $", " per lead"), Around(" – a sample of ", " sessions"),
        Around(", i.e. ~", "% of spend"), Around(" (", " responses, p < 0.05)"), Around(" at $", "k a month"), Around(", up from ", "%"),
    ];

    internal static readonly byte[][] Ends = Escape(
        ". ", ". ", ". ", ". ", ". ", ".\n\n", ".\n- ", "! ", "; ", ": ", " — ", ".\n• ", " 🚀\n", " 👍 ", "? ", "…\n\n1. ", ".\n**Next step:** ", " → ");

    /// <summary>What a conversation's context may be: JSON as it stands in the column.</summary>
    internal static readonly byte[][] Contexts =
    [
        """{"industry": "fintech"}"""u8.ToArray(),
        """{"industry": "banking", "regions": ["DACH", "UK & Ireland"]}"""u8.ToArray(),
        """{"company_size": "50-200", "budget": 25000}"""u8.ToArray(),
        """{"city": "S\u00e3o Paulo"}"""u8.ToArray(),
        """{"tone": "friendly", "emoji": "\ud83d\ude42"}"""u8.ToArray(),
        """{"source": "landing-page", "ab_test": null}"""u8.ToArray(),
        """{"budget": 1250.5, "urgent": true}"""u8.ToArray(),
    ];

    /// <summary>Messages of exceptions; <c>{0}</c> is a number.</summary>
    internal static readonly string[] Failures =
    [
        "Request timed out.",
        "Error code: 429 - {{'error': {{'message': 'Rate limit reached: limit 10000, used {0}. Please try again in 6s.', 'type': 'tokens', 'param': None}}}}",
        "Connection error.",
        "'NoneType' object has no attribute 'strip'",
        "Expecting value: line 1 column {0} (char 0)",
        "(sqlite3.OperationalError) database is locked\n[SQL: UPDATE conversations SET agent_responses = ? WHERE id = ?]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
        "Agent 'priya' is not available – restarted {0} times",
        "Budget exceeded: ${0}.00 > $50.00",
    ];

    private static byte[][] Escape(params string[] texts) => Array.ConvertAll(texts, PythonText.EscapeJson);

    private static (byte[] Before, byte[] After) Around(string before, string after) => (PythonText.EscapeJson(before), PythonText.EscapeJson(after));
}
